//! The `stitcher` program: reads the command line and does what it says.

use clap::Parser;
use hitless_stitcher::cli::Cli;
use hitless_stitcher::log;
use hitless_stitcher::verdict::COULD_NOT_RUN;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(status) => status,
        Err(problem) => {
            eprintln!("stitcher: {problem:#}");
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    if let Some(verdict) = cli.run_alone() {
        return Ok(verdict?.into());
    }
    let config = cli.config()?;
    log::start(&config.log);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let verdict = runtime.block_on(cli.run(config));
    // a storage that hangs must not hold up the exit
    runtime.shutdown_background();
    Ok(verdict?.into())
}
