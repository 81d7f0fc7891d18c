//! Metric families made from plain values at the moment of a scrape.
//!
//! The values of a view are counted elsewhere, so there is nothing to register:
//! a family is made, printed and forgotten.

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// What every name begins with.
pub(super) const PREFIX: &str = "hitless_recorder_";

/// Collects families in the order in which they are added.
#[derive(Default)]
pub(super) struct Families(Vec<MetricFamily>);

/// One value with its labels.
pub(super) type Labelled<'a> = (Vec<(&'static str, &'a str)>, f64);

impl Families {
    /// A value that goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.gauges(name, help, [(Vec::new(), value)]);
    }

    /// A value that only grows for the life of the process.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: f64) {
        self.counters(name, help, [(Vec::new(), value)]);
    }

    /// Values that go up and down.
    pub(super) fn gauges<'a>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = Labelled<'a>>,
    ) {
        self.add(name, help, MetricType::GAUGE, values, |metric, value| {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        });
    }

    /// Values that only grow for the life of the process.
    pub(super) fn counters<'a>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = Labelled<'a>>,
    ) {
        self.add(name, help, MetricType::COUNTER, values, |metric, value| {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        });
    }

    /// All of them, with `more` behind.
    pub(super) fn into_text(mut self, more: Vec<MetricFamily>) -> String {
        self.0.extend(more);
        let mut text = String::new();
        // A family without a name or a metric is the only error, and `add`
        // makes none; what was printed before it is still worth having.
        if let Err(error) = prometheus::TextEncoder::new().encode_utf8(&self.0, &mut text) {
            tracing::error!(%error, "metrics are incomplete");
        }
        text
    }

    fn add<'a>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        values: impl IntoIterator<Item = Labelled<'a>>,
        set: impl Fn(&mut Metric, f64),
    ) {
        let metrics: Vec<_> = values
            .into_iter()
            .map(|(labels, value)| {
                let mut metric = Metric::from_label(labels.into_iter().map(label).collect());
                set(&mut metric, value);
                metric
            })
            .collect();
        if metrics.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(format!("{PREFIX}{name}"));
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics);
        self.0.push(family);
    }
}

fn label((name, value): (&'static str, &str)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}
