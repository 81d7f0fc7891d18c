//! The `recorder` program: reads the command line and starts what it says.

use clap::{Args, Parser, Subcommand};
use hitless_config::{Config, LoadOptions};
use hitless_recorder::service::Service;
use hitless_recorder::{check, log};
use std::path::PathBuf;
use std::process::ExitCode;

/// Records cameras into instance-tagged, crash-safe segments.
///
/// Examples:
///   recorder --config hitless.toml           record until SIGTERM
///   recorder check --config hitless.toml     say what would be wrong
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Record until SIGTERM (the default)
    Run,
    /// Read the configuration, try cameras, storage and database, say what is
    /// wrong. Exit status: 0 all is well, 1 a camera is unreachable, 2 anything
    /// else
    Check {
        /// Try no camera
        #[arg(long)]
        offline: bool,
    },
}

#[derive(Args)]
struct Options {
    /// The configuration [default: /etc/hitless/hitless.toml, else ./hitless.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The tag of this recorder
    #[arg(long, global = true)]
    instance: Option<String>,
    /// Where health and metrics are served
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
}

impl Options {
    fn load(&self) -> LoadOptions {
        LoadOptions::from_process(self.config.clone())
            .flag("recorder.instance", "--instance", self.instance.as_ref())
            .flag("recorder.bind", "--bind", self.bind.as_ref())
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let load = cli.options.load();
    let config = match Config::load(&load) {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(2);
        }
    };
    log::start(&config.log);
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
            Ok(runtime) => runtime,
            Err(problem) => {
                eprintln!("cannot start: {problem}");
                return ExitCode::from(2);
            }
        };
    let status = match cli.command.unwrap_or(Command::Run) {
        Command::Run => runtime.block_on(run(config, load)),
        Command::Check { offline } => runtime.block_on(check::run(&config, offline)),
    };
    // A storage that hangs must not hold up the exit.
    runtime.shutdown_background();
    status
}

async fn run(config: Config, load: LoadOptions) -> ExitCode {
    let service = match Service::start(config).await {
        Ok(service) => service,
        Err(problem) => {
            tracing::error!("cannot start: {problem:#}");
            return ExitCode::from(2);
        }
    };
    match service.run(Box::new(move || Config::load(&load))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!("{problem:#}");
            ExitCode::from(2)
        }
    }
}
