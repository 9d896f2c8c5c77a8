use protocols::client;
use testkit::Heard;

use crate::harbour::{Harbour, agent, mail};

#[tokio::test(start_paused = true)]
async fn each_message_of_a_socket_may_reach_another_instance() {
    let harbour = Harbour::new();
    let (one, two) = (harbour.instance().await, harbour.instance().await);
    for number in 1..20 {
        let mut berth = harbour.berth(&agent(number));
        berth.join(&[&one, &two]).await;
        berth.turn_live(&two).await;
        for number in 0..6 {
            let (here, there) = if number % 2 == 0 { (&one, &two) } else { (&two, &one) };
            mail(here, &berth.agent, number).await;
            berth.gets_live(there, number).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_instance_alone_deals_with_messages_at_once() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = harbour.berth(&agent(1));
    berth.join(&[&one]).await;
    let before = tokio::time::Instant::now();
    berth.ask(&one, &client::ping(&berth.agent.id(), true)).await;
    assert_eq!(before.elapsed(), std::time::Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_socket_are_dealt_with_in_their_order_wherever_they_arrive() {
    let harbour = Harbour::new();
    let (one, two) = (harbour.instance().await, harbour.instance().await);
    for number in 1..20 {
        let mut berth = harbour.berth(&agent(number));
        berth.join(&[&one, &two]).await;
        let ids: Vec<String> = (0..10).map(|_| berth.agent.id()).collect();
        for (turn, id) in ids.iter().enumerate() {
            let to = if turn % 3 == 0 { &one } else { &two };
            berth.say(to, &client::ping(id, true)).await;
        }
        for id in &ids {
            let Heard::Words(testkit::Words::Other { text, .. }) = berth.hear().await else {
                panic!("no pong");
            };
            assert_eq!(client::thread_id(&text).as_ref(), Some(id));
        }
    }
}
