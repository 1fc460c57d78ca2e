//! The picture of an institution, and its proportions.

use bytes::Bytes;
use thiserror::Error;

/// The first bytes of every PNG file (ISO/IEC 15948, section 5.2).
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The picture of an institution. A page reserves its place before it is loaded, so its proportions must be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// The file format.
    pub format: LogoFormat,
    /// The file.
    pub bytes: Bytes,
    width: u32,
    height: u32,
}

/// The file format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoFormat {
    /// Scalable Vector Graphics.
    Svg,
    /// Portable Network Graphics.
    Png,
}

/// The error for a file without a width and a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("has no width and height: is it an SVG file whose element has a viewBox, or a PNG file?")]
pub struct LogoWithoutSize;

impl Logo {
    /// Creates a logo from a file.
    ///
    /// # Errors
    /// If the file does not say its width and its height.
    pub fn new(format: LogoFormat, bytes: Bytes) -> Result<Self, LogoWithoutSize> {
        let size = match format {
            LogoFormat::Svg => svg_size(&String::from_utf8_lossy(&bytes)),
            LogoFormat::Png => png_size(&bytes),
        };
        let (width, height) =
            size.filter(|(width, height)| *width > 0 && *height > 0).ok_or(LogoWithoutSize)?;
        Ok(Self { format, bytes, width, height })
    }

    /// Returns the width of the picture at a height, both in the same unit.
    pub fn width_at(&self, height: u32) -> u32 {
        let width = u64::from(self.width) * u64::from(height) / u64::from(self.height);
        u32::try_from(width).unwrap_or(u32::MAX).max(1)
    }
}

/// Returns the width and the height in the first chunk of a PNG file.
fn png_size(file: &[u8]) -> Option<(u32, u32)> {
    let header = file.strip_prefix(PNG_SIGNATURE)?;
    // The length and the name of the chunk precede the size.
    let (width, rest) = header.get(8..)?.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Returns the size of the view box of an SVG file, or its width and height in pixels. Fractions are dropped.
fn svg_size(file: &str) -> Option<(u32, u32)> {
    let (_, root) = file.split_once("<svg")?;
    let (root, _) = root.split_once('>')?;
    let whole = |number: &str| number.trim_end_matches("px").split('.').next()?.parse().ok();
    if let Some(view_box) = attribute(root, "viewBox") {
        let separators = |character: char| character.is_whitespace() || character == ',';
        let numbers: Vec<_> = view_box.split(separators).filter(|number| !number.is_empty()).collect();
        let [_, _, width, height] = numbers.as_slice() else { return None };
        return Some((whole(width)?, whole(height)?));
    }
    Some((whole(attribute(root, "width")?.trim())?, whole(attribute(root, "height")?.trim())?))
}

/// Returns the value of an attribute of an XML element.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let is_name = |before: &str| before.ends_with(char::is_whitespace);
    let (start, _) =
        element.match_indices(name).find(|(start, _)| element.get(..*start).is_some_and(is_name))?;
    let value = element.get(start + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(root: &str) -> Result<u32, LogoWithoutSize> {
        Logo::new(LogoFormat::Svg, Bytes::from(format!("<?xml?><svg {root}><path/></svg>")))
            .map(|logo| logo.width_at(32))
    }

    #[test]
    fn the_width_follows_the_proportions_of_the_file() {
        assert_eq!(svg("viewBox=\"0 0 300.5 100\""), Ok(96));
        assert_eq!(svg("stroke-width='9' width = '64px' height='32'"), Ok(64));
        assert_eq!(svg("width=\"1\" height=\"1\" viewBox='0,0,16,32'"), Ok(16));
        assert_eq!(svg("viewBox='0 0 1 4000'"), Ok(1));
        let png = [PNG_SIGNATURE, b"\0\0\0\x0dIHDR", &100_u32.to_be_bytes(), &50_u32.to_be_bytes(), b"\x08"];
        assert_eq!(Logo::new(LogoFormat::Png, png.concat().into()).map(|logo| logo.width_at(32)), Ok(64));
    }

    #[test]
    fn a_file_without_a_size_is_rejected() {
        for root in ["", "viewBox='0 0 32'", "width='100%' height='100%'", "viewBox='0 0 0 10'", "width=5"] {
            assert_eq!(svg(root), Err(LogoWithoutSize), "{root}");
        }
        for file in [&b"GIF89a"[..], PNG_SIGNATURE, b"<svg"] {
            for format in [LogoFormat::Png, LogoFormat::Svg] {
                assert_eq!(Logo::new(format, Bytes::from_static(file)), Err(LogoWithoutSize));
            }
        }
    }
}
