//! Patterns in which `*` stands for any characters.

/// Whether `text` is what `pattern` describes. Takes time proportional to the product of both lengths at worst.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_without_star_matches_only_itself() {
        assert!(matches("abc", "abc"));
        assert!(!matches("abc", "abcd"));
        assert!(!matches("", "a"));
    }

    #[test]
    fn a_star_stands_for_any_characters_anywhere() {
        assert!(matches("*", ""));
        assert!(matches("*", "abc"));
        assert!(matches("ab*", "abc"));
        assert!(matches("*bc", "abc"));
        assert!(matches("a*c", "abbc"));
        assert!(matches("a*b*c", "a-b-c"));
        assert!(matches("a**", "a"));
        assert!(!matches("a*b*c", "a-c-b"));
    }

    #[test]
    fn the_ends_do_not_share_characters() {
        assert!(!matches("ab*bc", "abc"));
        assert!(matches("ab*bc", "abbc"));
    }
}
