//! Numbers of things in sentences: "1 gap", "2 gaps".

/// So many things, in the plural unless it is one.
pub fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        let told: Vec<String> = (0..3).map(|n| counted(n, "gap")).collect();
        assert_eq!(told, ["0 gaps", "1 gap", "2 gaps"]);
    }
}
