//! base58btc of whole documents. The usual decoder carries byte by byte; a hostile DID of the greatest allowed length then
//! costs some 100 ms, with limbs of 64 bits a few.

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
        fn it_reads_what_another_encoder_writes(bytes in prop::collection::vec(any::<u8>(), 0..300), zeros in 0_usize..4) {
            let bytes = [vec![0; zeros], bytes].concat();
            let text = bs58::encode(&bytes).into_string();
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
