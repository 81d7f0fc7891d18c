//! Finds boxes and numbers in bytes that may be cut off or hostile: nothing is
//! read or written outside of them.

/// The first box at the end of `path`.
pub(super) fn inside<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    let Some((kind, rest)) = path.split_first() else { return Some(bytes) };
    let at = children(bytes, 8).find(|at| kind_at(bytes, *at) == Some(kind))?;
    inside(bytes.get(at..at + size_at(bytes, at)?)?, rest)
}

/// Calls `work` on every box at the end of `path`.
pub(super) fn each(bytes: &mut [u8], path: &[&[u8; 4]], work: &mut impl FnMut(&mut [u8])) {
    let Some((kind, rest)) = path.split_first() else { return };
    for at in children(bytes, 0).collect::<Vec<_>>() {
        let Some(size) = size_at(bytes, at) else { return };
        if kind_at(bytes, at) != Some(*kind) {
            continue;
        }
        let found = &mut bytes[at..at + size];
        match rest {
            [] => work(found),
            _ => each(&mut found[8..], rest, work),
        }
    }
}

/// Offsets of the boxes that follow each other from `from` on.
pub(super) fn children(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> + use<'_> {
    std::iter::successors(Some(from), |at| Some(at + size_at(bytes, *at)?))
        .take_while(|at| size_at(bytes, *at).is_some())
}

/// The length of the box at `at`, if it is whole.
pub(super) fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    let size = usize::try_from(u32_at(bytes, at)?).ok()?;
    (size >= 8 && at.checked_add(size)? <= bytes.len()).then_some(size)
}

/// The kind of the box at `at`.
pub(super) fn kind_at(bytes: &[u8], at: usize) -> Option<&[u8; 4]> {
    bytes.get(at + 4..at + 8)?.try_into().ok()
}

/// The number at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Writes a number, if there is room for it.
pub(super) fn put(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(slot) = bytes.get_mut(at..at + 4) {
        slot.copy_from_slice(&value.to_be_bytes());
    }
}
