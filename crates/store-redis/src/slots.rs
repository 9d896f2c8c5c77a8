//! Which slot of a cluster a key belongs to.

/// How many there are.
pub(crate) const SLOTS: usize = 16_384;

/// The slot of a key or of a sharded channel: CRC16/XMODEM of what stands between the first braces, or of all.
pub(crate) fn slot_of(key: &[u8]) -> usize {
    usize::from(crc16(tagged(key).unwrap_or(key))) % SLOTS
}

fn tagged(key: &[u8]) -> Option<&[u8]> {
    let start = key.iter().position(|byte| *byte == b'{')? + 1;
    let length = key[start..].iter().position(|byte| *byte == b'}')?;
    (length > 0).then(|| &key[start..start + length])
}

fn crc16(bytes: &[u8]) -> u16 {
    const POLYNOMIAL: u16 = 0x1021;
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ POLYNOMIAL }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value in the cluster specification, and what `CLUSTER KEYSLOT` answers.
    #[test]
    fn slots_are_those_of_redis() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot_of(b"foo"), 12182);
        assert_eq!(slot_of(b"{foo}bar"), 12182);
        assert_eq!(slot_of(b"x{foo}{bar}"), 12182);
        assert_ne!(slot_of(b"{}foo"), slot_of(b"foo"));
    }
}
