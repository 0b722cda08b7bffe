//! The envelope around every stored value: what it is, its format, its place
//! and a checksum.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..4 | `TLOG` for a log entry, `TSNP` for a snapshot |
//! | 4..8 | format of the body, big-endian |
//! | 8..16 | version of the board, big-endian |
//! | 16..20 | CRC-32 (IEEE) of bytes 0..16 and 20.., big-endian |
//! | 20.. | body |
//!
//! The header keeps this layout in every future format, so that damage and news
//! can be told apart. A checksum is there to find accidents, not forgers: whoever
//! can write a value can write its checksum too, so CRC-32 does what a hash would
//! and takes a fraction of the time on a large snapshot.

use crate::error::{Part, StorageError};
use crate::version::Version;

const HEADER: usize = 20;
const CHECKSUM: std::ops::Range<usize> = 16..HEADER;

/// What a framed value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Entry,
    Snapshot,
}

impl Kind {
    const fn magic(self) -> &'static [u8; 4] {
        match self {
            Kind::Entry => b"TLOG",
            Kind::Snapshot => b"TSNP",
        }
    }

    /// The format that this version writes, and the newest that it reads. It reads
    /// all older ones too, down to 1.
    pub(crate) const fn format(self) -> u32 {
        match self {
            Kind::Entry | Kind::Snapshot => 2,
        }
    }

    const fn part(self, version: Version) -> Part {
        match self {
            Kind::Entry => Part::Entry(version),
            Kind::Snapshot => Part::Snapshot(version),
        }
    }
}

/// How the entry begins that stands for everything that the browser erased. It is none
/// of the formats, so that a version which does not know it takes it for damage too.
const LOST: &[u8; 4] = b"LOST";

/// The entry that stands for everything before it, which the browser erased by itself.
/// It is read as damage, so that nobody takes the rest for the whole.
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) fn lost(cause: &str) -> Vec<u8> {
    [LOST, cause.as_bytes()].concat()
}

/// Frames the body that `write` appends to the buffer.
pub(crate) fn seal<E>(
    kind: Kind,
    version: Version,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let mut bytes = header(kind, version, 512);
    write(&mut bytes)?;
    let checksum = checksum(&bytes);
    bytes[CHECKSUM].copy_from_slice(&checksum.to_be_bytes());
    Ok(bytes)
}

/// Frames a large body a little at a time.
pub(crate) struct Sealing {
    bytes: Vec<u8>,
    hasher: crc32fast::Hasher,
}

impl Sealing {
    /// Begins a value whose body has so many bytes.
    pub(crate) fn begin(kind: Kind, version: Version, length: usize) -> Self {
        let bytes = header(kind, version, length);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&bytes[..CHECKSUM.start]);
        Self { bytes, hasher }
    }

    /// Adds to the body.
    pub(crate) fn extend(&mut self, part: &[u8]) {
        self.hasher.update(part);
        self.bytes.extend_from_slice(part);
    }

    /// The framed value.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes[CHECKSUM].copy_from_slice(&self.hasher.finalize().to_be_bytes());
        self.bytes
    }
}

fn header(kind: Kind, version: Version, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + length);
    bytes.extend_from_slice(kind.magic());
    bytes.extend_from_slice(&kind.format().to_be_bytes());
    bytes.extend_from_slice(&version.get().to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// A framed value that was opened.
pub(crate) struct Body<'a> {
    /// The format of the bytes: the present one or an older one.
    pub(crate) format: u32,
    pub(crate) bytes: &'a [u8],
}

/// The body of a framed value that was read from the place of `version`.
///
/// # Errors
///
/// `corrupt` if it is not what was written there, `newer_format` if it is, but
/// in a format that this version does not know.
pub(crate) fn open(kind: Kind, version: Version, bytes: &[u8]) -> Result<Body<'_>, StorageError> {
    let part = kind.part(version);
    if let Some(cause) = bytes.strip_prefix(LOST) {
        let cause = String::from_utf8_lossy(cause);
        let cause = format!("the browser could not read it and began an empty one ({cause})");
        return Err(StorageError::corrupt(Part::Database, cause));
    }
    let Some((header, body)) = bytes.split_at_checked(HEADER) else {
        return Err(StorageError::corrupt(part, format!("it has only {} bytes", bytes.len())));
    };
    if header[..4] != *kind.magic() {
        return Err(StorageError::corrupt(part, "it does not start as such a value does"));
    }
    if header[CHECKSUM] != checksum(bytes).to_be_bytes() {
        return Err(StorageError::corrupt(part, "its checksum does not match"));
    }
    let format = header[4..8].iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    if format > kind.format() {
        return Err(StorageError::NewerFormat { part, found: Some(format) });
    }
    if format == 0 {
        return Err(StorageError::corrupt(part, format!("there is no format {format}")));
    }
    let place = header[8..16].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    if place != version.get() {
        return Err(StorageError::corrupt(part, format!("it belongs to version {place}")));
    }
    Ok(Body { format, bytes: body })
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..CHECKSUM.start]);
    hasher.update(&bytes[CHECKSUM.end..]);
    hasher.finalize()
}

/// A framed value as a version of the program wrote it that made this format.
#[cfg(test)]
pub(crate) fn sealed_as(format: u32, kind: Kind, version: Version, body: &[u8]) -> Vec<u8> {
    let mut bytes = header(kind, version, body.len());
    bytes.extend_from_slice(body);
    bytes[4..8].copy_from_slice(&format.to_be_bytes());
    let checksum = checksum(&bytes);
    bytes[CHECKSUM].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    fn sealed(kind: Kind, number: u64, body: &[u8]) -> Vec<u8> {
        seal(kind, version(number), |out| {
            out.extend_from_slice(body);
            Ok::<(), ()>(())
        })
        .unwrap()
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let bytes = sealed(Kind::Entry, 0x0102, b"{}");
        assert_eq!(&bytes[..16], b"TLOG\0\0\0\x02\0\0\0\0\0\0\x01\x02");
        assert_eq!(bytes[16..20], crc32fast::hash(&[&bytes[..16], b"{}"].concat()).to_be_bytes());
        assert_eq!(&bytes[20..], b"{}");
    }

    #[test]
    fn a_sealed_body_comes_back() {
        for body in [&b""[..], b"{}", &[0xff; 3000]] {
            let bytes = sealed(Kind::Snapshot, 7, body);
            let opened = open(Kind::Snapshot, version(7), &bytes).unwrap();
            assert_eq!((opened.format, opened.bytes), (Kind::Snapshot.format(), body));
            let mut sealing = Sealing::begin(Kind::Snapshot, version(7), body.len());
            body.chunks(7).for_each(|part| sealing.extend(part));
            assert_eq!(sealing.finish(), bytes, "a little at a time");
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let bytes = sealed(Kind::Entry, 3, br#"{"a":1}"#);
        for at in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            let error = open(Kind::Entry, version(3), &damaged).map(drop).unwrap_err();
            assert_eq!(error.code(), "corrupt", "bit {at}: {error}");
        }
        for length in 0..bytes.len() {
            let error = open(Kind::Entry, version(3), &bytes[..length]).map(drop).unwrap_err();
            assert_eq!(error.code(), "corrupt", "length {length}: {error}");
        }
    }

    #[test]
    fn a_newer_format_is_not_damage() {
        let error_of = |kind, at, bytes: &[u8]| open(kind, at, bytes).map(drop).unwrap_err();
        let bytes = sealed_as(3, Kind::Entry, version(3), b"?");
        let error = error_of(Kind::Entry, version(3), &bytes);
        assert_eq!(
            error,
            StorageError::NewerFormat { part: Part::Entry(version(3)), found: Some(3) }
        );
        let bytes = sealed_as(0, Kind::Entry, version(3), b"?");
        assert_eq!(error_of(Kind::Entry, version(3), &bytes).code(), "corrupt");
    }

    #[test]
    fn an_older_format_is_handed_on() {
        let bytes = sealed_as(1, Kind::Snapshot, version(3), b"old");
        let opened = open(Kind::Snapshot, version(3), &bytes).unwrap();
        assert_eq!((opened.format, opened.bytes), (1, &b"old"[..]));
    }

    #[test]
    fn what_the_browser_erased_is_damage_of_the_database() {
        let error = open(Kind::Entry, version(1), &lost("too bad")).map(drop).unwrap_err();
        let cause = "the browser could not read it and began an empty one (too bad)";
        assert_eq!(error, StorageError::corrupt(Part::Database, cause));
    }

    #[test]
    fn a_value_in_the_wrong_place_is_damage() {
        let bytes = sealed(Kind::Entry, 3, b"{}");
        for (kind, place) in [(Kind::Entry, 4), (Kind::Snapshot, 3)] {
            let error = open(kind, version(place), &bytes).map(drop).unwrap_err();
            assert_eq!(error.code(), "corrupt", "{kind:?} {place}");
        }
    }
}
