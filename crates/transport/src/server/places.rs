//! How many of something each address may have.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;

/// A bounded number of places, and a bounded number of them for one neighbour.
#[derive(Debug)]
pub(crate) struct Places {
    total: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_neighbour: HashMap<IpAddr, usize>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// All are taken.
    Full,
    /// This neighbour has its share.
    Crowded,
}

/// One place; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    neighbour: IpAddr,
}

impl Places {
    pub(crate) fn new(total: usize, each: usize) -> Arc<Self> {
        Arc::new(Self { total, each, taken: Mutex::default() })
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken.lock().total
    }

    /// Takes a place for whoever is at `address`.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, NoPlace> {
        let neighbour = neighbour(address);
        let mut taken = self.taken.lock();
        if taken.total >= self.total {
            return Err(NoPlace::Full);
        }
        let own = taken.by_neighbour.entry(neighbour).or_default();
        if *own >= self.each {
            return Err(NoPlace::Crowded);
        }
        *own += 1;
        taken.total += 1;
        Ok(Place { places: self.clone(), neighbour })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock();
        taken.total -= 1;
        if let Entry::Occupied(mut own) = taken.by_neighbour.entry(self.neighbour) {
            *own.get_mut() -= 1;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }
}

/// One subscriber's line: an IPv4 address, or the /64 that an IPv6 subscriber has to itself.
fn neighbour(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_neighbour_gets_its_share_and_no_more_until_one_is_free() {
        let places = Places::new(10, 1);
        let first = places.take(at("192.0.2.1")).unwrap();
        assert_eq!(places.take(at("192.0.2.1")).unwrap_err(), NoPlace::Crowded);
        let _other = places.take(at("192.0.2.2")).unwrap();
        drop(first);
        assert!(places.take(at("192.0.2.1")).is_ok());
    }

    #[test]
    fn the_addresses_of_one_64_are_one_neighbour() {
        let places = Places::new(10, 1);
        let _first = places.take(at("2001:db8:1:2::1")).unwrap();
        assert_eq!(places.take(at("2001:db8:1:2:ffff::9")).unwrap_err(), NoPlace::Crowded);
        assert!(places.take(at("2001:db8:1:3::1")).is_ok());
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        let places = Places::new(10, 1);
        let _first = places.take(at("::ffff:192.0.2.1")).unwrap();
        assert_eq!(places.take(at("192.0.2.1")).unwrap_err(), NoPlace::Crowded);
    }

    #[test]
    fn nobody_gets_more_than_all() {
        let places = Places::new(1, 5);
        let _first = places.take(at("192.0.2.1")).unwrap();
        assert_eq!(places.take(at("192.0.2.2")).unwrap_err(), NoPlace::Full);
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let places = Places::new(1, 5);
        drop(places.take(at("192.0.2.1")));
        assert!(places.taken.lock().by_neighbour.is_empty());
    }
}
