//! What goes wrong, and when.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use tokio::time::sleep;

use super::world::World;
use crate::Random;

#[derive(Clone, Copy)]
enum Fault {
    LostWakes,
    EngineStumbles,
    EngineAway,
    DoubtfulAppends,
    EngineRestarts,
    OfficeDies,
    OfficeFaints,
    WireBreaks,
    WalletDeaf,
    OfficeDeaf,
    LatePongs,
    LostPongs,
}

const FAULTS: [Fault; 12] = [
    Fault::LostWakes,
    Fault::EngineStumbles,
    Fault::EngineAway,
    Fault::DoubtfulAppends,
    Fault::EngineRestarts,
    Fault::OfficeDies,
    Fault::OfficeFaints,
    Fault::WireBreaks,
    Fault::WalletDeaf,
    Fault::OfficeDeaf,
    Fault::LatePongs,
    Fault::LostPongs,
];

/// Lets things fail until the world heals.
pub(super) async fn strike(world: Arc<World>) {
    let mut random = world.fork();
    while world.is_stormy() {
        sleep(random.millis(300..8_000)).await;
        if world.is_stormy() {
            let fault = *random.pick(&FAULTS);
            world.struck();
            fault.strike(&world, &mut random).await;
        }
    }
    world.engine.lose_wakes(false);
    world.engine.fail_next(0, away());
    world.mailbox.be_doubtful(false);
}

fn away() -> StoreError {
    StoreError::Unavailable("simulated".to_owned())
}

impl Fault {
    async fn strike(self, world: &World, random: &mut Random) {
        match self {
            Self::LostWakes => {
                world.engine.lose_wakes(true);
                sleep(random.millis(100..5_000)).await;
                world.engine.lose_wakes(false);
            }
            Self::EngineStumbles => world.engine.fail_next(random.within(1..20), away()),
            Self::EngineAway => {
                world.engine.fail_next(usize::MAX, away());
                sleep(random.millis(100..15_000)).await;
                world.engine.fail_next(0, away());
            }
            Self::DoubtfulAppends => {
                world.mailbox.be_doubtful(true);
                sleep(random.millis(100..3_000)).await;
                world.mailbox.be_doubtful(false);
            }
            Self::EngineRestarts => world.engine.restart(),
            Self::OfficeDies => world.kill_an_office(random).await,
            Self::OfficeFaints => {
                world.office(random).faint(random.millis(1_000..12_000)).await;
            }
            wire => wire.strike_wire(world, random),
        }
    }

    fn strike_wire(self, world: &World, random: &mut Random) {
        let Some(wire) = world.some_wire(random) else { return };
        match self {
            Self::WireBreaks => wire.break_off(),
            Self::WalletDeaf => wire.deafen_wallet(),
            Self::OfficeDeaf => wire.deafen_office(),
            Self::LatePongs => wire.disturb_pongs(0, random.millis(1_000..30_000)),
            _ => wire.disturb_pongs(random.within(20..100) as u64, Duration::ZERO),
        }
    }
}
