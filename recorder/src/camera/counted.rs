//! How many cameras, as a person says it.

/// `1 camera`, `2 cameras`.
pub fn counted(cameras: usize) -> String {
    match cameras {
        1 => "1 camera".to_owned(),
        more => format!("{more} cameras"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(counted), ["0 cameras", "1 camera", "2 cameras"]);
    }
}
