//! Where a dock and SocketDock agree.

mod callbacks;
mod loopback;
mod sending;

/// Asks each promise of the dock and of the stand-in.
macro_rules! contract {
    ($($file:ident: $($promise:ident),+ $(,)?;)+) => {
        mod restante_dock {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $promise() {
                    super::$file::$promise(crate::subject::Subject::restante().await).await;
                }
            )+)+
        }

        mod socketdock_as_observed {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $promise() {
                    super::$file::$promise(crate::subject::Subject::stand_in().await).await;
                }
            )+)+
        }
    };
}

contract! {
    callbacks:
        a_socket_is_announced_before_its_first_message,
        a_message_arrives_as_a_string,
        messages_of_one_socket_come_one_after_the_other,
        a_slow_socket_does_not_hold_up_another,
        a_message_that_the_backend_refuses_leaves_the_socket_open,
        an_empty_message_is_told_to_nobody,
        the_end_of_a_socket_is_told_with_its_id_alone;
    sending:
        exactly_text_plain_goes_out_as_text,
        every_other_type_goes_out_as_binary,
        what_is_sent_arrives_in_order,
        what_is_sent_before_the_connect_callback_is_answered_arrives,
        an_empty_body_is_an_empty_frame,
        a_disconnect_closes_with_1000;
}
