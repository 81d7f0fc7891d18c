//! The `recorder` program: reads the command line and starts what it says.

use clap::{Args, Parser, Subcommand};
use hitless_config::{Config, LoadOptions};
use hitless_recorder::handover::{self, Inherited, Program, Role};
use hitless_recorder::service::Service;
use hitless_recorder::{check, log};
use std::path::PathBuf;
use std::process::ExitCode;

/// Records cameras into instance-tagged, crash-safe segments.
///
/// Examples:
///   recorder --config hitless.toml           record until SIGTERM
///   recorder check --config hitless.toml     say what would be wrong
///   recorder handover --config hitless.toml  upgrade or reload without a gap
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
    /// Ask the running recorder to hand over to the binary and configuration
    /// that are now on disk, and wait until it has. Exit status: 0 it has, 1 it
    /// has not and goes on as before
    Handover,
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
    let role = Role::of_process();
    if matches!(role, Role::Launcher) {
        return handover::launch_successor();
    }
    let cli = Cli::parse();
    match role {
        Role::Successor => succeed(cli.options.load()),
        _ => act(cli),
    }
}

fn act(cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Run);
    let load = match command {
        // systemd gives credentials to who starts, not to who reloads.
        Command::Handover => cli.options.load().without_passwords(),
        Command::Run | Command::Check { .. } => cli.options.load(),
    };
    let config = match Config::load(&load) {
        Ok(config) => config,
        Err(problems) => {
            return match command {
                // the recorder goes on, as after any handover that fails
                Command::Handover => no_handover(&problems),
                Command::Run | Command::Check { .. } => {
                    eprintln!("{problems}");
                    ExitCode::from(2)
                }
            };
        }
    };
    match command {
        Command::Handover => ask(&config),
        Command::Run => in_runtime(&config, run(config.clone(), None)),
        Command::Check { offline } => in_runtime(&config, check::run(&config, offline)),
    }
}

/// Takes over from the recorder that started this one; it learns what is wrong.
fn succeed(load: LoadOptions) -> ExitCode {
    let inherited = match Inherited::take() {
        Ok(inherited) => inherited,
        Err(problem) => {
            eprintln!("cannot take over: {problem}");
            return ExitCode::from(2);
        }
    };
    match successor_config(load, &inherited) {
        Ok(config) => in_runtime(&config, run(config.clone(), Some(inherited))),
        Err(problems) => {
            eprintln!("{problems:#}");
            inherited.refuse(&format!("{problems:#}"));
            ExitCode::from(2)
        }
    }
}

/// The configuration, under the instance that is free.
fn successor_config(load: LoadOptions, inherited: &Inherited) -> anyhow::Result<Config> {
    let configured = Config::load(&load)?.recorder.instance;
    let instance = handover::next_instance(&configured, &inherited.instance)?;
    Ok(Config::load(&load.flag("recorder.instance", "handover", Some(instance)))?)
}

fn ask(config: &Config) -> ExitCode {
    match handover::ask::handover(config, |step| println!("{step}")) {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(problem) => no_handover(&problem),
    }
}

fn no_handover(problem: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("no handover: {problem}");
    ExitCode::from(1)
}

fn in_runtime(config: &Config, work: impl Future<Output = ExitCode>) -> ExitCode {
    log::start(&config.log);
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
            Ok(runtime) => runtime,
            Err(problem) => {
                eprintln!("cannot start: {problem}");
                return ExitCode::from(2);
            }
        };
    let status = runtime.block_on(work);
    // A storage that hangs must not hold up the exit.
    runtime.shutdown_background();
    status
}

async fn run(config: Config, inherited: Option<Inherited>) -> ExitCode {
    let refusal = inherited.as_ref().and_then(|inherited| inherited.refusal().ok());
    let started = async {
        let program = Program::of_process()?;
        Service::start(config, program, inherited).await
    };
    let service = match started.await {
        Ok(service) => service,
        Err(problem) => {
            let problem = log::in_full(&problem);
            tracing::error!("cannot start: {problem}");
            if let Some(refusal) = refusal {
                refusal.tell(&problem);
            }
            return ExitCode::from(2);
        }
    };
    // Held by the service alone from here, so that its end ends the link.
    drop(refusal);
    match service.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!("{problem:#}");
            ExitCode::from(2)
        }
    }
}
