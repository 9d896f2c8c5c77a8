//! base58btc of whole documents. The usual coder carries byte by byte; a hostile DID of the greatest allowed length then costs some
//! 100 ms to read, with limbs of 64 bits a few, and a document of our own costs a quarter of all that a new wallet does to write.

use super::DidError;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Digits that fit a limb together.
const DIGITS: usize = 10;

/// The bytes of base58btc text. The caller limits its length.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, DidError> {
    let mut limbs = Vec::with_capacity(text.len() / DIGITS + 1);
    for chunk in text.as_bytes().chunks(DIGITS) {
        let (mut value, mut scale) = (0, 1);
        for character in chunk {
            value = value * 58 + digit(*character)?;
            scale *= 58;
        }
        multiply_add(&mut limbs, scale, value);
    }
    let zeros = text.bytes().take_while(|byte| *byte == ALPHABET[0]).count();
    let significant =
        limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).skip_while(|byte| *byte == 0);
    Ok(std::iter::repeat_n(0, zeros).chain(significant).collect())
}

/// The base58btc text of bytes.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut limbs = Vec::with_capacity(bytes.len() / 3 + 1);
    let (head, rest) = bytes.split_at(bytes.len() % WORD);
    for word in std::iter::once(head).chain(rest.chunks(WORD)) {
        shift_add(&mut limbs, word.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)));
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| 0);
    let digits = limbs.iter().rev().flat_map(|limb| digits_of(*limb));
    let digits = zeros.chain(digits.skip_while(|digit| *digit == 0));
    digits.map(|digit| char::from(ALPHABET[digit])).collect()
}

/// Bytes that are written at a time, digits that fit a limb then, and what such a limb counts up to.
const WORD: usize = 4;
const HALF_DIGITS: usize = 5;
const FULL: u64 = 58_u64.pow(HALF_DIGITS as u32);

/// `limbs * 2^32 + value`, the least significant limb first.
fn shift_add(limbs: &mut Vec<u64>, value: u64) {
    let mut carry = value;
    for limb in limbs.iter_mut() {
        carry += *limb << (8 * WORD);
        *limb = carry % FULL;
        carry /= FULL;
    }
    while carry > 0 {
        limbs.push(carry % FULL);
        carry /= FULL;
    }
}

/// The most significant first.
fn digits_of(mut limb: u64) -> [usize; HALF_DIGITS] {
    let mut digits = [0; HALF_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = (limb % 58) as usize;
        limb /= 58;
    }
    digits
}

fn digit(character: u8) -> Result<u64, DidError> {
    let place = ALPHABET.iter().position(|known| *known == character).ok_or(DidError::Malformed)?;
    Ok(place as u64)
}

/// `limbs * scale + value`, the least significant limb first.
fn multiply_add(limbs: &mut Vec<u64>, scale: u64, value: u64) {
    let mut carry = u128::from(value);
    for limb in limbs.iter_mut() {
        carry += u128::from(*limb) * u128::from(scale);
        *limb = carry as u64;
        carry >>= 64;
    }
    if carry > 0 {
        limbs.push(carry as u64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_reads_and_writes_what_another_coder_writes(bytes in prop::collection::vec(any::<u8>(), 0..300), zeros in 0_usize..4) {
            let bytes = [vec![0; zeros], bytes].concat();
            let text = bs58::encode(&bytes).into_string();
            prop_assert_eq!(encode(&bytes), text.as_str());
            prop_assert_eq!(decode(&text), Ok(bytes));
        }
    }

    #[test]
    fn characters_outside_the_alphabet_are_refused() {
        for text in ["0", "O", "I", "l", "1 1", "\u{e4}"] {
            assert_eq!(decode(text), Err(DidError::Malformed), "{text}");
        }
    }
}
