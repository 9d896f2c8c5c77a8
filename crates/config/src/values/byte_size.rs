use crate::value::Value;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// The same, for what lives in memory.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl Value for ByteSize {
    const EXPECTED: &'static str = "a size from 1B to 1024TiB, such as 64KiB, 1MiB or 10GB";

    fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
        let bytes = number.checked_mul(*factor)?;
        (1..=1 << 50).contains(&bytes).then_some(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_carry_units() {
        assert_eq!(ByteSize::parse("1MiB"), Some(ByteSize(1 << 20)));
        assert_eq!(ByteSize::parse("16 kB"), Some(ByteSize(16_000)));
        assert_eq!(ByteSize::parse("512"), None);
        assert_eq!(ByteSize::parse("0B"), None);
        assert_eq!(ByteSize::parse("99999999999999TiB"), None);
        assert_eq!(ByteSize::parse("1.5MiB"), None);
    }
}
