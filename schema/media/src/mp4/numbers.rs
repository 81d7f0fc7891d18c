//! Tables of plain numbers: a count, and so many of them.
//!
//! A minute has thousands. Taken from the bytes as they lie they cost a tenth
//! of decoding one after the other; a table that is shorter than its count
//! says is refused, so no count asks for memory that its bytes do not pay for.

use super::boxes::BoxRef;
use super::error::Fault;

/// Version and flags, before everything else in a full box.
const FULL: usize = 4;

/// The number that stands so many bytes behind version and flags.
pub(super) fn number(found: &BoxRef<'_>, at: usize) -> Result<u32, Fault> {
    let bytes = found.body.get(FULL + at..).and_then(|rest| rest.first_chunk::<4>());
    bytes.map(|bytes| u32::from_be_bytes(*bytes)).ok_or_else(|| found.fault("is too short"))
}

/// The numbers behind a count that stands so many bytes behind version and
/// flags.
pub(super) fn numbers<'a>(
    found: &BoxRef<'a>,
    at: usize,
) -> Result<impl ExactSizeIterator<Item = u32> + use<'a>, Fault> {
    let (entries, _) = entries::<4>(found, at)?.as_chunks::<4>();
    Ok(entries.iter().map(|bytes| u32::from_be_bytes(*bytes)))
}

/// Likewise of two numbers each, right behind version, flags and count; of a
/// version that is known.
pub(super) fn pairs<'a>(
    found: &BoxRef<'a>,
    newest: u8,
) -> Result<impl ExactSizeIterator<Item = (u32, u32)> + use<'a>, Fault> {
    if let Some(version) = found.body.first().filter(|version| **version > newest) {
        return Err(found.fault(format!("is of version {version}, which is not known")));
    }
    let (entries, _) = entries::<8>(found, 0)?.as_chunks::<8>();
    Ok(entries.iter().map(|&[a, b, c, d, e, f, g, h]| {
        (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
    }))
}

fn entries<'a, const WIDTH: usize>(found: &BoxRef<'a>, at: usize) -> Result<&'a [u8], Fault> {
    let count = number(found, at)?;
    let bytes = usize::try_from(count).ok().and_then(|count| count.checked_mul(WIDTH));
    let rest = found.body.get(FULL + at + 4..).unwrap_or(&[]);
    let all = bytes.and_then(|bytes| rest.get(..bytes));
    all.ok_or_else(|| found.fault(format!("is too short for its {count} entries")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::BoxKind;

    fn of(body: &[u8]) -> BoxRef<'_> {
        BoxRef { kind: BoxKind(*b"stco"), at: 0, whole: body, body }
    }

    #[test]
    fn a_table_is_read_as_far_as_its_count() {
        let body = [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 7, 9, 9, 9, 9];
        let read: Vec<u32> = numbers(&of(&body), 0).expect("it is whole").collect();
        assert_eq!(read, [256, 7]);
        let body = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 7];
        let read: Vec<(u32, u32)> = pairs(&of(&body), 0).expect("it is whole").collect();
        assert_eq!(read, [(256, 7)]);
    }

    /// `stsz` has the size of all samples before their count.
    #[test]
    fn a_count_may_stand_further_behind() {
        let body = [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 1, 0];
        assert_eq!(number(&of(&body), 0).expect("it is there"), 9);
        let read: Vec<u32> = numbers(&of(&body), 4).expect("it is whole").collect();
        assert_eq!(read, [256]);
    }

    #[test]
    fn a_version_that_is_not_known_is_refused() {
        let body = [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 7];
        assert!(pairs(&of(&body), 0).is_err() && pairs(&of(&body), 1).is_ok());
    }

    #[test]
    fn a_count_that_is_not_paid_for_is_refused() {
        for body in [
            &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1][..],
            &[0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0],
            &[0, 0, 0, 0, 0, 0],
            &[],
        ] {
            assert!(numbers(&of(body), 0).is_err() && pairs(&of(body), 0).is_err(), "{body:?}");
        }
    }
}
