//! `onroll watch`: the schedules without a screen. One line, or with `--json` one object, for each thing that happens.

use super::arguments::WatchArguments;
use super::exit::Exit;
use super::listen;
use super::output::Output;
use super::service_manager::Manager;
use super::status::{self, Pulse};
use super::sync::{totals_object, totals_words};
use super::workspace::Workspace;
use crate::domain::audit::Through;
use crate::domain::problem::Problem;
use crate::engine::Engine;
use crate::engine::schedule::watch::{WatchEvent, WatchNews, What};
use crate::services::webhooks::{self, HookEvent, HookWhat, Reception};
use crate::services::{digest, schedules};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;

/// Watches until a signal comes, or once.
///
/// # Errors
/// A workspace that cannot be read at the start; when stdout cannot be written.
pub async fn run(workspace: &Workspace, watch: &WatchArguments, output: &mut Output) -> Result<Exit, Problem> {
    workspace.store.acts_through(Through::Watch);
    let (supervisor, engine, ending) = (&workspace.supervisor, &workspace.engine, &workspace.ending);
    let (scheduler, mut news) = schedules::watch((supervisor, engine), &workspace.access)?;
    let (hooks, mut received) = webhooks::run((supervisor, engine), &workspace.access)?;
    let digests = digest::watch((supervisor, engine), &workspace.access, workspace.digest.clone())?;
    let listener = match watch.listen {
        Some(address) => Some(listen::bind(address).await?),
        None => None,
    };
    if let Some(address) = listener.as_ref().and_then(|listener| listener.local_addr().ok()) {
        say_listening(address, output)?;
    }
    let pulse = Arc::new(Pulse::default());
    // Answers to the very end, also while all winds up.
    let over = tokio_util::sync::CancellationToken::new();
    let _over = over.clone().drop_guard();
    if let Some(address) = watch.status {
        let listener = status::bind(address).await?;
        say_status(listener.local_addr().unwrap_or(address), output)?;
        let (engine, pulse, names, over) =
            (Engine::clone(engine), Arc::clone(&pulse), watch.status_names, over.clone());
        tokio::spawn(async move { status::serve(listener, &engine, pulse, names, over.cancelled_owned()).await });
    }
    let _held = ending.hold();
    let manager = Manager::of_this_process();
    let broken = Notify::new();
    let stopped = tokio_util::sync::CancellationToken::new();
    let _stopped = stopped.clone().drop_guard();
    if let Some(listener) = listener {
        tokio::spawn(listen::serve(listener, Reception::of(engine), stopped.clone().cancelled_owned()));
    }
    let stop = async {
        tokio::select! {
            signal = ending.received() => tracing::info!(signal = signal.name(), "the watch ends"),
            () = broken.notified() => {}
        }
        pulse.stopping();
        manager.say("STOPPING=1");
        stopped.cancel();
        supervisor.interrupt_all();
    };
    let both = async {
        if watch.once {
            let (received, looked) = tokio::join!(hooks.once(stopped.cancelled()), scheduler.once(stopped.cancelled()));
            // What was due is in it.
            digests.once().await;
            return received.and(looked.map(|_| ())).map_err(Problem::from);
        }
        tokio::join!(
            scheduler.run(stopped.cancelled()),
            hooks.run(stopped.cancelled()),
            digests.run(stopped.cancelled())
        );
        Ok(())
    };
    let work = async {
        tokio::pin!(both, stop);
        tokio::select! {
            done = &mut both => done,
            () = &mut stop => both.await,
        }
    };
    let mut teller = Teller { output, manager: &manager, worst: Exit::Done, is_ready: false, pulse: &pulse, engine };
    let told = async {
        loop {
            let told = tokio::select! {
                Some(one) = news.recv() => teller.tell(&one).await,
                Some(one) = received.recv() => teller.tell_hook(&one),
                else => break,
            };
            if let Err(problem) = told {
                // Nobody would hear what happens: it ends as after a signal, but says what is wrong.
                broken.notify_one();
                drop((news, received));
                return Err(problem);
            }
        }
        Ok(())
    };
    let (ended, told) = tokio::join!(work, told);
    pulse.stopping();
    manager.say("STOPPING=1");
    // A signal does not wait for a mail server.
    tokio::select! { () = supervisor.posted() => {}, _ = ending.received() => {} }
    let worst = teller.worst;
    ended.and(told)?;
    Ok(ending.signal().map_or(worst, |signal| Exit::Signal(signal.number())))
}

/// Says what happens, in order.
struct Teller<'a> {
    output: &'a mut Output,
    manager: &'a Manager,
    worst: Exit,
    is_ready: bool,
    pulse: &'a Pulse,
    engine: &'a Engine,
}

impl Teller<'_> {
    async fn tell(&mut self, news: &WatchNews) -> Result<(), Problem> {
        match news {
            WatchNews::Event(event) => {
                self.count(event);
                if self.output.json { self.output.object(&object(event)) } else { self.output.line(&words(event)) }
            }
            WatchNews::Looked { next } => {
                self.pulse.looked(self.engine.clock.now());
                let ready = if self.is_ready { "" } else { "READY=1\n" };
                let status = match next {
                    Some((due, tenant)) => format!("next run {} UTC, {tenant}", due.strftime("%d %b %H:%M")),
                    None => "no run is to come".to_owned(),
                };
                self.manager.say(&format!("{ready}WATCHDOG=1\nSTATUS={status}"));
                let is_first = !self.is_ready;
                self.is_ready = true;
                match (is_first, self.output.json) {
                    (false, _) => Ok(()),
                    (true, true) => {
                        let (due, name) = next.clone().unzip();
                        let tenant = self.short_name(name.as_deref()).await?;
                        self.output.object(&json!({ "event": "watching", "next": due, "tenant": tenant }))
                    }
                    (true, false) => self.output.line(&format!("watching: {status}")),
                }
            }
            WatchNews::Trouble(problem) => {
                self.pulse.trouble("the schedules cannot be looked at");
                self.output.problem(problem);
                Ok(())
            }
        }
    }

    /// The word by which every other event names a tenant.
    async fn short_name(&self, tenant_name: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(name) = tenant_name else { return Ok(None) };
        let all = self.engine.store.connections().await?;
        Ok(all.into_iter().find(|one| one.tenant_name == name).map(|one| one.short_name))
    }

    fn tell_hook(&mut self, event: &HookEvent) -> Result<(), Problem> {
        self.weigh(match &event.what {
            HookWhat::Ended { outcome, problem, .. } => Exit::of_outcome(*outcome, problem.as_ref()),
            HookWhat::Refused(problem) | HookWhat::PutOff { problem, .. } => Exit::of_problem(problem),
            HookWhat::Started | HookWhat::Waits { .. } | HookWhat::Done(_) | HookWhat::Ignored(_) => Exit::Done,
        });
        if self.output.json { self.output.object(&hook_object(event)) } else { self.output.line(&hook_words(event)) }
    }

    fn count(&mut self, event: &WatchEvent) {
        self.weigh(match &event.what {
            What::Ended { outcome, problem, .. } => Exit::of_outcome(*outcome, problem.as_ref()),
            What::Refused { problem } => Exit::of_problem(problem),
            What::Started { .. } | What::Begun { .. } | What::Waits(_) | What::Skipped | What::Missed => Exit::Done,
        });
    }

    /// The worst exit of all runs, for `--once`.
    fn weigh(&mut self, exit: Exit) {
        let weight = |exit: Exit| match exit {
            Exit::Done => 0,
            Exit::Held => 1,
            Exit::Stopped | Exit::Drifted | Exit::Locked => 2,
            Exit::Temporary => 3,
            Exit::Refused => 4,
            Exit::Failed | Exit::Usage | Exit::Signal(_) => 5,
        };
        if weight(exit) > weight(self.worst) {
            self.worst = exit;
        }
    }
}

fn object(event: &WatchEvent) -> Value {
    let mut object = json!({ "event": "", "tenant": event.short_name, "slot": event.slot });
    match &event.what {
        What::Started { scope, late } => {
            object["event"] = json!("started");
            object["scope"] = json!(scope);
            object["late_seconds"] = json!(late.map(|late| late.as_secs()));
        }
        What::Begun { run } => {
            object["event"] = json!("begun");
            object["run"] = json!(run);
        }
        What::Ended { run, outcome, totals, problem, confirm, again } => {
            let waits = confirm.is_some();
            object["event"] = json!(if waits { "waits_for_confirmation" } else { "ended" });
            object["run"] = json!(run);
            object["outcome"] = json!(outcome.key());
            object["totals"] = totals_object(totals);
            object["confirm"] = json!(confirm);
            object["problem"] = json!(problem);
            object["again"] = json!(again);
        }
        What::Refused { problem } => {
            object["event"] = json!("refused");
            object["problem"] = json!(problem);
        }
        What::Waits(waits) => {
            object["event"] = json!("waits");
            object["for"] = json!(waits.key());
            object["why"] = json!(waits.words());
        }
        What::Skipped => object["event"] = json!("skipped"),
        What::Missed => object["event"] = json!("missed"),
    }
    object
}

fn words(event: &WatchEvent) -> String {
    let tenant = &event.tenant_name;
    let slot = event.slot.strftime("%d %b %H:%M UTC");
    match &event.what {
        What::Started { late: None, .. } => format!("{tenant}: the run of {slot} is started"),
        What::Started { late: Some(_), .. } => format!("{tenant}: the run of {slot} was missed, and is made up for"),
        What::Begun { run } => format!("{tenant}: run {run} has begun"),
        What::Ended { run, confirm: Some(confirm), .. } => format!(
            "{tenant}: run {run} waits for a confirmation: look at the plan, then `onroll sync … --confirm {confirm}`"
        ),
        What::Ended { run, outcome, totals, problem, again, .. } => {
            let outcome = outcome.key().replace('_', " ");
            let again =
                again.map(|at| format!("; it is tried again at {}", at.strftime("%H:%M UTC"))).unwrap_or_default();
            match problem {
                Some(problem) => format!("{tenant}: run {run} ended: {outcome}; {}{again}", problem.what),
                None => format!("{tenant}: run {run} ended: {outcome}; {}", totals_words(totals)),
            }
        }
        What::Refused { problem } => format!("{tenant}: the run of {slot} could not begin: {}", problem.what),
        What::Waits(waits) => format!("{tenant}: the run of {slot} waits: {}", waits.words()),
        What::Skipped => format!("{tenant}: the run of {slot} is let pass"),
        What::Missed => format!("{tenant}: the run of {slot} was missed, and is left out"),
    }
}

fn say_listening(address: std::net::SocketAddr, output: &mut Output) -> Result<(), Problem> {
    if output.json {
        return output.object(&json!({ "event": "listening", "address": address.to_string() }));
    }
    output.line(&format!("webhooks are received at {address}"))
}

fn say_status(address: std::net::SocketAddr, output: &mut Output) -> Result<(), Problem> {
    if output.json {
        return output.object(&json!({ "event": "status", "address": address.to_string() }));
    }
    output.line(&format!("how it stands is told at http://{address}/ready, /live and /metrics"))
}

fn hook_object(event: &HookEvent) -> Value {
    let mut object = json!({
        "event": "", "tenant": event.short_name, "deliveries": event.deliveries, "people": event.people,
    });
    let (word, more) = match &event.what {
        HookWhat::Started => ("webhook_started", json!({})),
        HookWhat::Ended { run, outcome, problem, again } => {
            ("webhook_ended", json!({ "run": run, "outcome": outcome.key(), "problem": problem, "again": again }))
        }
        HookWhat::Waits { why, again } => ("webhook_waits", json!({ "why": why, "again": again })),
        HookWhat::PutOff { problem, again } => ("webhook_waits", json!({ "why": problem.what, "again": again })),
        HookWhat::Done(why) => ("webhook_done", json!({ "why": why, "again": null })),
        HookWhat::Ignored(why) => ("webhook_ignored", json!({ "why": why, "again": null })),
        HookWhat::Refused(problem) => ("webhook_refused", json!({ "problem": problem })),
    };
    object["event"] = json!(word);
    for (name, value) in more.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    object
}

fn hook_words(event: &HookEvent) -> String {
    let people = match event.people {
        0 => "changes".to_owned(),
        1 => "1 person".to_owned(),
        number => format!("{number} people"),
    };
    let begin = format!("{}: webhooks about {people}", event.tenant_name);
    match &event.what {
        HookWhat::Started => format!("{begin}: the run is started"),
        HookWhat::Ended { run, outcome, problem, again } => {
            let why = problem.as_ref().map(|problem| format!("; {}", problem.what)).unwrap_or_default();
            let again =
                again.map(|at| format!("; it is tried again at {}", at.strftime("%H:%M UTC"))).unwrap_or_default();
            format!("{begin}: run {run} ended: {}{why}{again}", outcome.key().replace('_', " "))
        }
        HookWhat::Waits { why, .. } => format!("{begin} wait: {why}"),
        HookWhat::PutOff { problem, again } => {
            format!("{begin} wait: {}; tried again at {}", problem.what, again.strftime("%H:%M UTC"))
        }
        HookWhat::Done(why) => format!("{begin}: no run is needed: {why}"),
        HookWhat::Ignored(why) => format!("{begin}: nothing is done: {why}"),
        HookWhat::Refused(problem) => format!("{begin}: the run could not begin: {}", problem.what),
    }
}
