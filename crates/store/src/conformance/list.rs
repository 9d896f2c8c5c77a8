/// Makes tests of every promise in [`conformance`](crate::conformance): one of each, in a process of its own where the runner
/// does so.
///
/// The argument is an `async fn() -> Fixture` (or an async closure) that gives fresh, empty stores.
///
/// For engines that take longer to start than their promises take, there is `conformance!(together shared, own)`: the promises of
/// a module are one test, which names those that are broken. Only those to whose engine
/// [something happens](crate::conformance::Engine) are tests of their own all the same, with stores that `own` gives.
#[macro_export]
macro_rules! conformance {
    (@each $module:ident, $factory:expr, $($promise:ident)*) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $promise() {
                    $crate::conformance::run($factory, $crate::conformance::$module::$promise);
                }
            )*
        }
    };
    (@together $module:ident, $factory:expr, $($promise:ident)*) => {
        mod $module {
            use super::*;

            #[test]
            fn all_promises_are_kept() {
                $crate::conformance::run_all(&[
                    $((
                        stringify!($promise),
                        &|| $crate::conformance::run(
                            $factory,
                            $crate::conformance::$module::$promise,
                        ),
                    ),)*
                ]);
            }
        }
    };
    (@all $manner:ident, $factory:expr, $restartable:expr) => {
        $crate::conformance! { @$manner acknowledging, $factory,
            acknowledged_mail_is_gone_for_good
            mail_can_be_acknowledged_in_any_order_and_before_it_was_handed_out
            an_acknowledgement_counts_once
            ids_of_another_mailbox_remove_nothing
            unknown_ids_are_passed_over
            mail_can_be_acknowledged_while_another_has_it_in_hand
            no_mark_outlives_its_mail
            an_acknowledgement_that_the_reader_did_not_hear_rings_it
            an_acknowledgement_that_the_reader_heard_does_not_ring_it
        }
        $crate::conformance! { @$manner appending, $factory,
            mail_is_visible_everywhere_when_its_append_returns
            an_envelope_comes_out_as_it_went_in
            appends_one_after_another_keep_their_order
            appends_at_the_same_time_each_get_a_place_of_their_own
            two_mailboxes_do_not_see_each_other
            no_two_messages_of_any_mailboxes_share_a_position
            a_retry_is_a_duplicate_while_its_mail_waits
            a_retry_is_a_duplicate_after_its_mail_was_acknowledged
            a_retry_after_its_window_is_new_mail
            a_duplicate_does_not_prolong_its_window
            of_retries_at_the_same_time_one_is_kept
            the_same_letter_in_two_mailboxes_is_no_duplicate
            a_quota_of_messages_is_kept_to_the_message
            a_quota_of_bytes_is_kept_to_the_byte
            a_full_mailbox_fills_no_other
            mail_in_flight_counts_against_the_quota
            a_duplicate_at_a_full_mailbox_is_a_duplicate
            a_letter_that_found_no_room_may_come_again
        }
        $crate::conformance! { @$manner cache, $factory,
            what_was_put_or_loaded_is_known
            an_entry_is_gone_when_its_life_ends
            what_a_load_did_not_find_is_asked_for_again
            a_failed_load_fails_for_its_caller_and_is_not_kept
            after_an_eviction_no_instance_answers_from_before
            an_eviction_leaves_other_entries
            a_load_that_began_before_an_eviction_is_not_kept
            who_comes_after_an_eviction_does_not_wait_for_a_load_from_before
            of_all_in_a_process_who_want_an_entry_one_loads
            a_loader_that_gives_up_is_replaced
            clearing_empties_one_space_everywhere
            an_instance_that_ended_delays_evictions_by_seconds_at_most
        }
        $crate::conformance! { @$manner connections, $factory,
            a_connection_comes_back_as_it_was_admitted
            a_connection_that_is_admitted_twice_is_known
            a_single_use_invitation_is_used_once
            of_two_who_use_an_invitation_at_once_one_is_admitted
            of_the_same_request_twice_at_once_one_is_known
            a_replayed_request_is_known_though_its_invitation_is_used_or_expired
            an_expired_invitation_is_refused
            an_unknown_invitation_is_refused
            an_invitation_kept_again_stays_used
            an_update_replaces_a_connection_that_is_there
            a_removed_connection_is_forgotten
            peers_with_endpoints_are_listed_in_pages_by_id
        }
        $crate::conformance! { @$manner dead_letters, $factory,
            a_letter_buried_twice_is_kept_once
            letters_are_listed_in_order_and_in_pages
            an_exhumed_letter_is_given_once
        }
        $crate::conformance! { @$manner expiring, $factory,
            only_mail_whose_time_has_passed_goes
            no_more_is_removed_than_allowed
            mail_in_flight_expires_too
            expired_mail_makes_room
            a_retry_of_expired_mail_is_a_duplicate_until_its_window_ends
            mail_outlives_its_dedupe
        }
        $crate::conformance! { @$manner in_flight, $factory,
            what_one_instance_leased_no_other_hands_out
            leases_at_the_same_time_do_not_overlap
            a_lease_that_ran_out_is_handed_out_again_from_its_old_place
            a_demand_of_nothing_renews
            a_lease_renews_the_older_marks_of_its_holder_and_of_nobody_else
            a_late_renewal_takes_nothing_back_from_another
            release_puts_mail_back_to_its_old_place
            release_of_an_unknown_holder_changes_nothing
            release_rings_whoever_watches
            a_newer_watch_voids_the_marks_of_older_sessions
            a_newer_watch_leaves_the_marks_of_requests
            a_claim_alone_voids_nothing
            a_displaced_session_leases_and_renews_no_more
            a_watch_with_an_old_epoch_is_displaced
            a_displaced_session_that_releases_leaves_the_newer_alone
            a_session_that_released_reads_no_more
            what_a_displaced_session_has_lingers_as_its_successor_says
            what_is_released_lingers_as_long_as_was_said_and_no_longer_than_its_lease
            lingering_mail_can_be_acknowledged
            readers_that_share_are_each_given_every_message
            an_acknowledgement_by_one_who_shares_is_one_for_all
            what_one_who_shared_leaves_another_still_has
            one_that_comes_alone_displaces_all_who_share
            the_marks_of_a_dead_instances_sessions_are_void_until_it_renews
        }
        $crate::conformance! { @$manner keylists, $factory,
            a_status_is_none_until_it_is_set
            a_key_leads_to_the_first_who_added_it
            a_key_of_another_cannot_be_removed
            a_removed_key_is_free
            changes_apply_in_order_within_one_update
            an_update_of_nothing_changes_nothing
            a_list_grows_to_its_limit_and_no_further
            keys_are_listed_in_the_order_in_which_they_were_added
            a_list_is_read_in_pages_also_past_its_end
            revoking_frees_every_key
            granting_again_keeps_the_keys
            every_kind_of_destination_has_an_owner
            of_two_who_add_a_key_at_once_one_gets_it
        }
        $crate::conformance! { @each mishaps, $restartable,
            mail_that_comes_while_wakes_are_lost_rings_all_the_same
            mail_keeps_its_order_and_its_ids_when_it_moves_to_another_server
        }
        $crate::conformance! { @$manner presence, $factory,
            the_newest_claim_is_located_everywhere
            epochs_grow_also_after_a_release_or_a_lapse
            claims_at_the_same_time_get_different_epochs
            a_claim_stands_while_its_instance_renews
            a_renewal_keeps_nobody_elses_claims_alive
            a_vacant_claim_gives_way_to_whoever_lives
            of_vacant_claims_at_the_same_time_one_succeeds
            a_release_gives_up_its_own_claim_only
        }
        $crate::conformance! { @$manner queue, $factory,
            jobs_are_claimed_in_the_order_in_which_they_were_pushed
            a_job_comes_as_it_was_pushed
            an_empty_queue_gives_nothing
            what_one_claimed_no_other_claims
            claims_at_the_same_time_do_not_overlap
            a_job_whose_lease_ran_out_comes_first_and_counts_the_attempt
            a_finished_job_is_gone_for_good
            work_that_is_done_late_is_done
            a_deferred_job_waits_for_its_time
            a_deferral_prolongs_a_lease_and_leaves_the_ticket_valid
            an_older_ticket_defers_nothing
            a_claim_says_when_time_brings_the_next_job
            two_queues_do_not_see_each_other
            a_push_is_kept_whole_or_not_at_all
            a_finished_job_makes_room_and_a_claimed_one_does_not
            the_backlog_tells_what_can_be_claimed_and_what_cannot
            a_push_rings_every_consumer_wherever_it_is
            a_job_that_is_given_back_at_once_rings
            a_consumer_that_watches_and_then_claims_misses_nothing
        }
        $crate::conformance! { @each queue_restarting, $restartable,
            jobs_survive_a_restart_and_can_be_claimed_when_their_lease_ends_at_the_latest
            an_id_of_a_job_is_never_given_again
        }
        $crate::conformance! { @$manner reading, $factory,
            a_peek_repeats_and_a_lease_does_not
            an_empty_mailbox_gives_nothing
            no_more_messages_are_given_than_wanted
            no_more_bytes_are_given_than_wanted_but_always_one_message
            a_large_message_is_not_passed_over_for_a_small_one
            a_key_chooses_and_keeps_the_order
            a_lease_of_one_key_leaves_the_others
            ids_stay_the_same_over_redelivery
            a_window_bounds_what_one_holder_has_in_hand
            depth_counts_messages_and_bytes_of_one_mailbox
            depth_leaves_out_what_is_in_flight
            depth_follows_its_key
        }
        $crate::conformance! { @each restarting, $restartable,
            mail_survives_in_its_order_and_under_its_ids
            new_mail_comes_behind_the_old
            an_id_is_never_given_again
            what_was_in_flight_is_available_again_when_its_lease_ends_at_the_latest
            a_retry_is_still_a_duplicate
            mail_still_expires
            epochs_go_on_growing
            grants_and_keylists_survive
            connections_and_used_invitations_survive
            dead_letters_survive
        }
        $crate::conformance! { @$manner waking, $factory,
            an_append_rings_the_reader_wherever_it_is
            an_append_knows_that_somebody_watches
            rings_that_nobody_heard_are_kept_as_one
            mail_of_others_does_not_ring
            a_newer_watch_tells_the_former_reader_once_and_for_all
            a_session_that_is_dropped_frees_its_mailbox
            a_reader_that_watches_and_then_looks_misses_nothing
            a_reader_passes_over_no_mail_of_many_who_write_at_once
        }
    };
    (together $factory:expr, $restartable:expr) => {
        $crate::conformance! { @all together, $factory, $restartable }
    };
    ($factory:expr) => {
        $crate::conformance! { @all each, $factory, $factory }
    };
}

#[cfg(test)]
mod tests {
    /// A promise that no store is asked to keep would go unnoticed.
    #[test]
    fn every_promise_is_in_the_list() {
        let list = include_str!("list.rs");
        let modules = [
            include_str!("acknowledging.rs"),
            include_str!("appending.rs"),
            include_str!("cache.rs"),
            include_str!("connections.rs"),
            include_str!("dead_letters.rs"),
            include_str!("expiring.rs"),
            include_str!("in_flight.rs"),
            include_str!("keylists.rs"),
            include_str!("mishaps.rs"),
            include_str!("presence.rs"),
            include_str!("queue.rs"),
            include_str!("queue_restarting.rs"),
            include_str!("reading.rs"),
            include_str!("restarting.rs"),
            include_str!("waking.rs"),
        ];
        let promises = modules
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.strip_prefix("pub async fn "));
        let names: Vec<_> = promises.filter_map(|rest| rest.split('(').next()).collect();
        assert!(!names.is_empty());
        for name in names {
            assert!(list.lines().any(|line| line.trim() == name), "{name} is not in the list");
        }
    }
}
