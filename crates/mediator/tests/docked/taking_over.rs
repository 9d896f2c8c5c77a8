use protocols::client;
use testkit::{Heard, Parcel};

use crate::harbour::{Berth, Harbour, agent, mail};

const WALLETS: u32 = 20;

#[tokio::test(start_paused = true)]
async fn an_instance_that_leaves_hands_its_sockets_over_and_they_stay_open() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut live = Vec::new();
    let mut bare = Vec::new();
    for number in 0..WALLETS {
        let mut berth = harbour.berth(&agent(number));
        berth.join(&[&one]).await;
        match number % 2 {
            0 => {
                berth.turn_live(&one).await;
                live.push(berth);
            }
            _ => {
                berth.ask(&one, &client::ping(&berth.agent.id(), true)).await;
                bare.push(berth);
            }
        }
    }
    let two = harbour.instance().await;
    one.leave().await;
    for berth in live.iter_mut().chain(&mut bare) {
        mail(&two, &berth.agent, 0).await;
    }
    for berth in &mut live {
        berth.gets_live(&two, 0).await;
    }
    for berth in &mut bare {
        assert_eq!(berth.hear().await, Heard::Mail(Parcel { to: berth.agent.number, number: 0 }));
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_while_nobody_serves_a_socket_is_sent_by_whoever_comes() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berths = Vec::new();
    for number in 0..WALLETS {
        let mut berth = harbour.berth(&agent(number));
        berth.join(&[&one]).await;
        berth.turn_live(&one).await;
        berths.push(berth);
    }
    let gate = one.mediator.clone();
    one.leave().await;
    for Berth { agent, .. } in &berths {
        let answer = gate.post(&agent.forward(Parcel { to: agent.number, number: 0 })).await;
        assert!(matches!(answer, mediator::Answer::Accepted), "{answer:?}");
    }
    let two = harbour.instance().await;
    for berth in &mut berths {
        berth.gets_live(&two, 0).await;
    }
}
