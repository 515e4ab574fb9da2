//! The metrics among what was exported.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point};

use super::{service_of, text_of};

/// One series: a metric with one set of labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// `service.name`.
    pub service: String,
    /// The metric's name.
    pub name: String,
    /// Its labels and their values.
    pub labels: BTreeMap<String, String>,
}

/// What a series says.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The unit.
    pub unit: String,
    /// Of a histogram, how many measurements; of any other, the value.
    pub value: i64,
    /// The upper bounds of a histogram's buckets.
    pub bounds: Vec<f64>,
}

/// Every series with what it said last.
#[derive(Debug, Clone, Default)]
pub struct Metrics(pub BTreeMap<Series, Reading>);

impl Series {
    /// The value of a label; empty where there is none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

impl Metrics {
    pub(super) fn of(exports: &[ExportMetricsServiceRequest]) -> Self {
        let mut metrics = Self::default();
        for of_resource in exports.iter().flat_map(|export| &export.resource_metrics) {
            let service = service_of(of_resource.resource.as_ref());
            for metric in of_resource.scope_metrics.iter().flat_map(|of_scope| &of_scope.metrics) {
                for (labels, reading) in readings(metric) {
                    let labels = labels.iter().map(|label| (label.key.clone(), value_of(label)));
                    let labels = labels.collect();
                    let series = Series { service: service.clone(), name: metric.name.clone(), labels };
                    metrics.0.insert(series, reading);
                }
            }
        }
        metrics
    }

    /// The series of a metric of a service.
    pub fn named<'a>(&'a self, service: &'a str, name: &'a str) -> impl Iterator<Item = (&'a Series, &'a Reading)> {
        self.0.iter().filter(move |(series, _)| series.service == service && series.name == name)
    }

    /// What a metric of a service says, summed over the series that have these labels.
    pub fn sum(&self, service: &str, name: &str, labels: &[(&str, &str)]) -> i64 {
        let has = |series: &Series| labels.iter().all(|(label, value)| series.label(label) == *value);
        self.named(service, name).filter(|(series, _)| has(series)).map(|(_, reading)| reading.value).sum()
    }
}

/// A label's value as a text, whatever it is.
fn value_of(label: &KeyValue) -> String {
    text_of(label).unwrap_or_else(|| format!("{:?}", label.value))
}

fn readings(metric: &Metric) -> Vec<(Vec<KeyValue>, Reading)> {
    let unit = || metric.unit.clone();
    let points = match &metric.data {
        Some(Data::Histogram(histogram)) => {
            let reading = histogram.data_points.iter().map(|point| {
                let (value, bounds) = (point.count.cast_signed(), point.explicit_bounds.clone());
                (point.attributes.clone(), Reading { unit: unit(), value, bounds })
            });
            return reading.collect();
        }
        Some(Data::Sum(sum)) => &sum.data_points,
        Some(Data::Gauge(gauge)) => &gauge.data_points,
        _ => return Vec::new(),
    };
    let number = |value: Option<number_data_point::Value>| match value {
        Some(number_data_point::Value::AsInt(value)) => value,
        Some(number_data_point::Value::AsDouble(value)) => value as i64,
        None => 0,
    };
    let reading = |value| Reading { unit: unit(), value: number(value), bounds: Vec::new() };
    points.iter().map(|point| (point.attributes.clone(), reading(point.value))).collect()
}
