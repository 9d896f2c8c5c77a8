use std::sync::Arc;

use tokio::time::sleep;

use super::cast::cast;
use super::world::{BREATH, Sent, World};
use crate::{Parcel, Random};

/// Numbers that one sender gives, so that no two give the same.
const NUMBERS: u32 = 1_000;

/// Sends mail to everybody. A forward that was not accepted is sent again, or given up.
pub(super) async fn send(world: Arc<World>, mut random: Random) {
    let first = world.history.line().0 as u32 * NUMBERS;
    for number in 0..world.plan.messages as u32 {
        sleep(pause(&world, &mut random)).await;
        let to = random.below(world.plan.wallets.len()) as u32;
        post(&world, Parcel { to, number: first + number }, &mut random).await;
    }
}

/// Spread over the storm, in bursts.
fn pause(world: &World, random: &mut Random) -> std::time::Duration {
    if random.chance(50) {
        return random.millis(0..50);
    }
    let most = world.plan.storm.as_millis() as usize * 2 / world.plan.messages + 1_000;
    random.millis(0..most)
}

async fn post(world: &World, parcel: Parcel, random: &mut Random) {
    let envelope = cast().forward(parcel);
    let agent = cast().wallet(parcel.to as usize);
    world.history.posted(parcel);
    loop {
        match world.post(&agent, &envelope, random).await {
            Sent::Accepted => world.history.accepted(parcel),
            Sent::Answered(_) => world.complain("a forward was answered with words".to_owned()),
            Sent::Unknown if random.chance(80) => {
                sleep(BREATH).await;
                continue;
            }
            Sent::Unknown => return,
        }
        // Some senders do not believe it.
        if !random.chance(10) {
            return;
        }
    }
}
