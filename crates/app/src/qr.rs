//! A text as a QR code, for a terminal and for a page.

use std::fmt::Write;

use anyhow::anyhow;
use fast_qr::{ECL, QRBuilder, QRCode};

/// Light modules around the code, so that a camera finds its edge (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// A QR code.
pub struct Qr(QRCode);

impl Qr {
    /// The code of `text`, as coarse as possible: it is read from a screen, where nothing gets scratched.
    ///
    /// # Errors
    /// If the text does not fit into the largest code.
    pub fn new(text: &str) -> anyhow::Result<Self> {
        let code = QRBuilder::new(text).ecl(ECL::L).build();
        code.map(Self).map_err(|_| anyhow!("the text is too long for a QR code"))
    }

    /// Columns of a terminal that [`Qr::terminal`] needs.
    pub fn columns(&self) -> usize {
        self.0.size + 2 * QUIET
    }

    /// Whether the module is dark, with the quiet zone around the code.
    fn dark(&self, x: usize, y: usize) -> bool {
        let inside = QUIET..QUIET + self.0.size;
        inside.contains(&x) && inside.contains(&y) && self.0[y - QUIET][x - QUIET].value()
    }

    /// Two modules to a character, black on white whatever the terminal's colours are.
    pub fn terminal(&self) -> String {
        let mut out = String::new();
        for y in (0..self.columns()).step_by(2) {
            out.push_str("\x1b[38;5;16;48;5;231m");
            out.extend((0..self.columns()).map(|x| match (self.dark(x, y), self.dark(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }));
            out.push_str("\x1b[0m\n");
        }
        out
    }

    /// An inline SVG of one path, a unit to a module, with `label` for those who do not see it.
    pub fn svg(&self, label: &str) -> String {
        let mut path = String::new();
        for y in 0..self.columns() {
            let mut x = 0;
            while x < self.columns() {
                let run = (x..self.columns()).take_while(|x| self.dark(*x, y)).count();
                if run > 0 {
                    let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
                }
                x += run.max(1);
            }
        }
        let size = self.columns();
        format!(
            "<svg viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_line_is_as_wide_as_it_says() {
        let qr = Qr::new("https://mediator.example.org?oob=abc").unwrap();
        let text = qr.terminal();
        let first = text.lines().next().unwrap();
        let visible = first.replace("\x1b[38;5;16;48;5;231m", "").replace("\x1b[0m", "");
        assert_eq!(visible.chars().count(), qr.columns());
        assert_eq!(text.lines().count(), qr.columns().div_ceil(2));
    }

    #[test]
    fn the_finder_pattern_stands_behind_the_quiet_zone() {
        let qr = Qr::new("x").unwrap();
        assert!(!qr.dark(QUIET - 1, QUIET));
        assert!((QUIET..QUIET + 7).all(|x| qr.dark(x, QUIET)));
        assert!(!qr.dark(QUIET + 7, QUIET));
        assert!(qr.svg("label").contains(&format!("M{QUIET} {QUIET}h7v1h-7z")));
    }

    #[test]
    fn a_text_that_fits_no_code_is_an_error() {
        assert!(Qr::new(&"x".repeat(4000)).is_err());
    }
}
