//! What holds with a single Redis and with PostgreSQL holds with a Redis Cluster, too: one cluster, and a prefix for each promise.

use servers::{RedisCluster, RedisSpec};

use super::engine::Engine;

macro_rules! hold_on_a_cluster {
    ($test:ident: $($module:ident::$promise:ident),+ $(,)?) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let cluster = RedisCluster::start_with(RedisSpec::durable()).await;
            $(
                let prefix = stringify!($promise);
                eprintln!("{prefix}");
                super::$module::$promise(Engine::Cluster { url: cluster.url(), prefix }).await;
            )+
        }
    };
}

hold_on_a_cluster!(
    mail_reaches_a_socket_at_another_instance_however_it_is_picked_up:
    delivered_elsewhere::live_by_pickup_2,
    delivered_elsewhere::live_by_pickup_4,
    delivered_elsewhere::by_implicit_pickup,
    delivered_elsewhere::by_the_noop_of_pickup_1,
    delivered_elsewhere::by_the_batches_of_pickup_1,
    delivered_elsewhere::by_the_requests_of_pickup_2,
    delivered_elsewhere::by_the_requests_of_pickup_4,
);

hold_on_a_cluster!(
    instances_agree_and_may_die:
    any_instance::each_step_of_a_wallet_meets_another_instance,
    keylist_elsewhere::a_change_at_one_instance_counts_at_the_other_at_once,
    acknowledged_elsewhere::its_live_session_goes_on,
    two_sockets::the_newest_wins_and_the_older_is_told,
    two_sockets::all_get_each_message_where_the_operator_wants_that,
    instance_killed::nothing_is_lost_and_nothing_waits,
);
