//! What stitching costs beside bare loops that do the least of the same work:
//! `cargo bench -p hitless-stitcher --bench stitching -- PART [CAMERAS]`.
//!
//! Each part prints rows `what | measured | limit | ok`. A floor is measured
//! first, in the same run and on the same data, and the figure that it has had
//! on the machine where the limits were set stands beside it: a limit that is
//! held against a slow floor is no limit.

mod changed;
mod fleet;
mod floor;
mod footage;
mod idle;
mod index;
mod overlap;
mod postgres;
mod program;
mod rebuild;
mod rows;

use rows::Rows;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let part = given.first().map_or("", String::as_str);
    let cameras = given.get(1).and_then(|n| n.parse::<usize>().ok());
    let mut rows = Rows;
    match part {
        "rebuild" => rebuild::measure(cameras.unwrap_or(1000), &mut rows),
        "index" => index::measure(&mut rows),
        "changed" => changed::measure(cameras.unwrap_or(1000), &mut rows),
        "idle" => idle::measure(cameras.unwrap_or(693), &mut rows),
        "postgres" => postgres::measure(cameras.unwrap_or(100), &mut rows),
        "overlap" => overlap::measure(&mut rows),
        // to look at with other tools; whoever makes it removes it
        "fleet" => println!("{}", fleet::Fleet::make(cameras.unwrap_or(100)).keep().display()),
        _ => {
            eprintln!("say which part: rebuild, index, changed, idle, postgres, overlap");
            std::process::exit(2);
        }
    }
}
