//! Bytes to text: which encoding it is, decided by evidence.
//!
//! A byte order mark decides. Text that is valid UTF-8 is UTF-8. Every other byte of ASCII being NUL is UTF-16. Of what
//! remains, a text whose characters beyond ASCII are mostly valid UTF-8 is a damaged UTF-8 text, since GB18030 text is
//! hardly ever that (of its characters about one in seven); the rest is GB18030, of which GBK and GB2312 are parts. What is no character in the encoding
//! becomes U+FFFD, and its row a problem.

use std::borrow::Cow;

use memchr::memchr;
use rayon::prelude::*;

/// The encodings ledgers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Gb18030,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Gb18030, Self::Utf16Le, Self::Utf16Be];

    pub fn id(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gb18030 => "gb18030",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }

    /// By its name or that of a part of it.
    pub fn from_id(id: &str) -> Option<Self> {
        match id.to_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" => Some(Self::Gb18030),
            "utf-16le" | "utf-16" => Some(Self::Utf16Le),
            "utf-16be" => Some(Self::Utf16Be),
            _ => None,
        }
    }

    /// The character that stands for what is none, where a text itself has it.
    fn replacement(self) -> &'static [u8] {
        match self {
            Self::Utf8 => &[0xef, 0xbf, 0xbd],
            Self::Gb18030 => &[0x84, 0x31, 0xa4, 0x37],
            Self::Utf16Le => &[0xfd, 0xff],
            Self::Utf16Be => &[0xff, 0xfd],
        }
    }

    fn decoder(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Gb18030 => encoding_rs::GB18030,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
        }
    }
}

/// A file's text, and what was found on the way to it.
#[derive(Debug)]
pub struct Decoded<'b> {
    pub text: Cow<'b, str>,
    pub encoding: Encoding,
    /// NUL bytes behind the text, as a crash of the sender leaves them.
    pub padding: usize,
    /// Where a character begins that the end of the file cuts.
    pub cut_at: Option<usize>,
}

/// Bytes looked at to tell UTF-16.
const PROBE_BYTES: usize = 4096;
/// Bytes before and after the first that is no UTF-8 that are looked at to tell a damaged text from GB18030.
const JUDGED_BYTES: usize = 1 << 16;
/// A piece that is worth a thread of its own.
const PIECE_BYTES: usize = 1 << 20;
/// Pieces decoded at once.
const WAVE_PIECES: usize = 32;

/// Decodes a file, in the encoding that is declared or that the evidence shows.
pub fn decode(bytes: &[u8], declared: Option<Encoding>) -> Decoded<'_> {
    let mark = encoding_rs::Encoding::for_bom(bytes);
    let of_mark = mark.and_then(|(library, length)| {
        Encoding::ALL.into_iter().find(|known| known.decoder() == library).map(|known| (known, length))
    });
    let (encoding, start) = match (of_mark, declared) {
        (Some((encoding, length)), _) => (encoding, length),
        (None, Some(encoding)) => (encoding, 0),
        (None, None) => (evident(bytes), 0),
    };
    let body = &bytes[start..];
    let wide = matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
    let filled = body.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    // In UTF-16 every other byte of ASCII is NUL: padding is what goes beyond half a character.
    let kept = if wide { (filled + filled % 2).min(body.len()) } else { filled };
    let padding = body.len() - kept;
    let body = &body[..kept];
    let text = match encoding {
        // Most texts are whole, and that is told much faster than where one is not.
        Encoding::Utf8 => {
            std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
        }
        Encoding::Gb18030 => Cow::Owned(decode_gb18030(body)),
        Encoding::Utf16Le | Encoding::Utf16Be => encoding.decoder().decode_without_bom_handling(body).0,
    };
    let cut_at = (padding == 0 && text.ends_with('\u{fffd}') && !body.ends_with(encoding.replacement()))
        .then(|| bytes.len() - 1 - usize::from(wide && kept % 2 == 0));
    Decoded { text, encoding, padding, cut_at }
}

/// What the bytes themselves show.
fn evident(bytes: &[u8]) -> Encoding {
    let filled = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let probe = &bytes[..filled.min(PROBE_BYTES)];
    if memchr(0, probe).is_some() {
        // Of a ledger in UTF-16 at least the digits and delimiters are ASCII: a fifth of its characters or, in a header
        // of Chinese words alone, a twentieth. Some Chinese characters have a NUL byte of their own, such as 退.
        let ascii = |nul: usize| {
            let pairs = probe.chunks_exact(2);
            pairs.filter(|pair| pair[nul] == 0 && (1..128).contains(&pair[1 - nul])).count()
        };
        let (even, odd) = (ascii(0), ascii(1));
        let is_wide = |of: usize, other: usize| {
            let every = if of > 7 { 20 } else { 5 };
            of * every > probe.len() / 2 && other * 20 <= of
        };
        if is_wide(odd, even) {
            return Encoding::Utf16Le;
        }
        if is_wide(even, odd) {
            return Encoding::Utf16Be;
        }
    }
    let Err(error) = std::str::from_utf8(bytes) else {
        return Encoding::Utf8;
    };
    // The characters before the first that is none, and those after it.
    let start = error.valid_up_to();
    let before = &bytes[start.saturating_sub(JUDGED_BYTES)..start];
    let after = &bytes[start..bytes.len().min(start + JUDGED_BYTES)];
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in before.utf8_chunks().chain(after.utf8_chunks()) {
        valid += chunk.valid().bytes().filter(|&byte| byte >= 0xc0).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    if valid > invalid { Encoding::Utf8 } else { Encoding::Gb18030 }
}

/// Decodes in pieces: a line feed is never part of a longer character of GB18030.
fn decode_gb18030(bytes: &[u8]) -> String {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while rest.len() > PIECE_BYTES {
        let Some(end) = memchr(b'\n', &rest[PIECE_BYTES..]) else { break };
        let (piece, below) = rest.split_at(PIECE_BYTES + end + 1);
        pieces.push(piece);
        rest = below;
    }
    pieces.push(rest);
    // In waves, so that a text stands in memory once, not once in pieces and once whole.
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    for wave in pieces.chunks(WAVE_PIECES) {
        let decoded: Vec<Cow<'_, str>> =
            wave.par_iter().map(|piece| encoding_rs::GB18030.decode_without_bom_handling(piece).0).collect();
        for piece in &decoded {
            text.push_str(piece);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], encoding: Encoding, text: &str) {
        let decoded = decode(bytes, None);
        assert_eq!((decoded.encoding, &*decoded.text), (encoding, text));
    }

    const TEXT: &str = "税票号码,金额\n张㐂𠮷,12.00\n";

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn evidence() {
        check(TEXT.as_bytes(), Encoding::Utf8, TEXT);
        check(format!("\u{feff}{TEXT}").as_bytes(), Encoding::Utf8, TEXT);
        let gb = encoding_rs::GB18030.encode(TEXT).0;
        check(&gb, Encoding::Gb18030, TEXT);
        let header = "\"退库凭证号\";\"收款人名称\";\"收款人账号\";\"预算科目代码\"";
        for big in [false, true] {
            let encoding = if big { Encoding::Utf16Be } else { Encoding::Utf16Le };
            check(&utf16(header, big), encoding, header);
        }
        check(&utf16(&format!("\u{feff}{TEXT}"), false), Encoding::Utf16Le, TEXT);
        check(&utf16(&format!("\u{feff}{TEXT}"), true), Encoding::Utf16Be, TEXT);
        check(&utf16(TEXT, false), Encoding::Utf16Le, TEXT);
        check(&utf16(TEXT, true), Encoding::Utf16Be, TEXT);
        check(b"a,b\n1,2\n", Encoding::Utf8, "a,b\n1,2\n");
        check(b"", Encoding::Utf8, "");
    }

    #[test]
    fn a_damaged_text_keeps_its_encoding() {
        // A name in GBK within a text in UTF-8.
        let mut mixed = TEXT.as_bytes().to_vec();
        mixed.extend_from_slice(b"\xd5\xc5\xc8\xfd,1\n");
        let decoded = decode(&mixed, None);
        assert_eq!(decoded.encoding, Encoding::Utf8);
        assert!(decoded.text.starts_with(TEXT) && decoded.text.contains('\u{fffd}'));
        let gb = encoding_rs::GB18030.encode(TEXT).0;
        let cut = &gb[..gb.len() - 13];
        let decoded = decode(cut, None);
        assert_eq!((decoded.encoding, decoded.cut_at), (Encoding::Gb18030, Some(cut.len() - 1)));
    }

    #[test]
    fn padding_is_no_text() {
        let padded = [TEXT.as_bytes(), &[0; 512]].concat();
        let decoded = decode(&padded, None);
        assert_eq!((&*decoded.text, decoded.padding), (TEXT, 512));
        let padded = [utf16(TEXT, false), vec![0; 512]].concat();
        let decoded = decode(&padded, None);
        assert_eq!((&*decoded.text, decoded.padding), (TEXT, 512));
    }

    #[test]
    fn a_declaration_stands_above_the_evidence() {
        assert_eq!(decode(b"a,b\n", Some(Encoding::Gb18030)).encoding, Encoding::Gb18030);
    }
}
