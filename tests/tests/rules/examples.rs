//! The lines of `proto/CALLS.md`: every RPC has one, and each is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use memex_proto::{DESCRIPTORS, PROPOSAL_METADATA};
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use memex_stack::stack::Stack;
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_json::Value;
use tests::raw::Bytes;
use tests::waiting::until;
use tonic::{Request, Status};

/// The pages, as they stand in the repository.
const CALLS: &str = include_str!("../../../proto/CALLS.md");
const REVIEW: &str = include_str!("../../../proto/REVIEW.md");

/// One line of a page: `[NAME=$(][MEMEX_TOKEN=$WORKER_TOKEN ][MEMEX_PROPOSAL=$NAME ]call Service/Method 'JSON'[ | jq -r
/// '.a.b')]`.
struct Line {
    variable: Option<String>,
    by_worker: bool,
    /// The variable with the proposal that the call reads through.
    proposal: Option<String>,
    method: String,
    json: String,
    /// What `jq` takes of the answer.
    taken: Option<String>,
    /// What the answer must have for the script to go on.
    awaited: Option<String>,
}

/// The text between `before` and the next `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(found, _)| found))
}

impl Line {
    /// The line's call; `None` where it makes none.
    fn of(line: &str) -> Option<Self> {
        let watch = between(line, "\"$MEMEX_ENDPOINT/memex.v1.", "\"").filter(|_| line.starts_with("timeout "));
        let method = match watch {
            Some(method) => method,
            None => between(line, "call ", " ")?,
        };
        // A quote that ends here and begins again is where the shell puts a variable.
        let from = line.split_once(if watch.is_some() { "--data '" } else { " '" })?.1;
        let whole = from.split_once("' | ").or(from.split_once("' \"$MEMEX")).map_or(from, |(json, _)| json);
        Some(Self {
            variable: line.split_once("=$(").map(|(name, _)| name.to_owned()),
            by_worker: line.contains("MEMEX_TOKEN=$WORKER_TOKEN"),
            proposal: between(line, "MEMEX_PROPOSAL=$", " ").map(str::to_owned),
            method: method.to_owned(),
            json: whole.trim_end_matches('\'').to_owned(),
            taken: between(line, "jq -r '", "'").map(str::to_owned),
            awaited: between(line, "grep -q ", ";").map(str::to_owned),
        })
    }

    /// The JSON values of its messages, with the variables put in.
    fn messages(&self, variables: &BTreeMap<String, String>) -> Vec<Value> {
        let json = variables
            .iter()
            .fold(self.json.clone(), |json, (name, value)| json.replace(&format!("'\"${name}\"'"), value));
        let values = serde_json::Deserializer::from_str(&json).into_iter();
        values.map(|value| value.unwrap_or_else(|error| panic!("{}: {error}: {json}", self.method))).collect()
    }
}

/// The lines of a page's scripts that make a call.
fn lines(page: &str) -> Vec<Line> {
    let mut within = false;
    let scripts = page.lines().filter(|line| {
        if line.starts_with("```") {
            within = line.starts_with("```sh");
        }
        within && (line.contains("call ") || line.starts_with("timeout ")) && !line.starts_with("call()")
    });
    scripts.filter_map(Line::of).collect()
}

/// What `.a.b[0].c` takes of an answer.
fn taken(answer: &Value, path: &str) -> String {
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    let found = answer.pointer(&pointer).unwrap_or_else(|| panic!("{path} is not in {answer}"));
    found.as_str().unwrap_or_else(|| panic!("{path} is no text in {answer}")).to_owned()
}

struct Deployment {
    stack: Stack,
    operator: AuthChannel,
    worker: AuthChannel,
    methods: BTreeMap<String, MethodDescriptor>,
}

impl Deployment {
    async fn start() -> Self {
        let stack = Stack::start().await;
        let settings = ClientSettings::new(&stack.endpoint()).unwrap();
        let operator = Token::new("operator", stack.workspace().operator_token()).unwrap();
        let operator = connect(&settings.clone().with_token(operator));
        let worker = connect(&settings.with_token(stack.worker_token()));
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let ours = pool.services().filter(|service| service.package_name() == "memex.v1");
        let all = ours.flat_map(|service| service.methods().collect::<Vec<_>>());
        let methods = all.map(|method| (format!("{}/{}", method.parent_service().name(), method.name()), method));
        Self { stack, operator, worker, methods: methods.collect() }
    }

    /// Sends the line's messages and gives the first of the answer.
    async fn call(&self, line: &Line, variables: &BTreeMap<String, String>) -> Result<Value, Status> {
        let method = self.methods.get(&line.method).unwrap_or_else(|| panic!("there is no {}", line.method));
        let encoded: Vec<Vec<u8>> = line.messages(variables).into_iter().map(|json| encode(method, json)).collect();
        let channel = if line.by_worker { &self.worker } else { &self.operator };
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let mut request = Request::new(futures::stream::iter(encoded));
        request.set_timeout(Duration::from_secs(30));
        if let Some(proposal) = &line.proposal {
            request.metadata_mut().insert(PROPOSAL_METADATA, variables[proposal].parse().unwrap());
        }
        let mut answers = grpc.streaming(request, path.parse().unwrap(), Bytes).await?.into_inner();
        let bytes = answers.message().await?.unwrap_or_default();
        let answer = DynamicMessage::decode(method.output(), bytes.as_slice()).unwrap();
        Ok(serde_json::to_value(&answer).unwrap())
    }
}

fn encode(method: &MethodDescriptor, json: Value) -> Vec<u8> {
    let message = DynamicMessage::deserialize(method.input(), &json);
    message.unwrap_or_else(|error| panic!("{}: {error}: {json}", method.name())).encode_to_vec()
}

/// Runs the lines of a page one after the other; gives the methods that they call.
async fn run(deployment: &Deployment, page: &str) -> BTreeSet<String> {
    let mut variables = BTreeMap::new();
    let mut refused = Vec::new();
    let mut called = BTreeSet::new();
    for line in lines(page) {
        called.insert(line.method.clone());
        let answer = match &line.awaited {
            None => match deployment.call(&line, &variables).await {
                Ok(answer) => answer,
                Err(status) => {
                    refused.push(format!("{} {}: {status}", line.method, line.json));
                    continue;
                }
            },
            Some(awaited) => {
                deployment.stack.worker().poll_once().await.unwrap();
                until("the line's answer has what it waits for", async || {
                    let answer = deployment.call(&line, &variables).await.unwrap();
                    answer.to_string().contains(awaited.as_str()).then_some(answer)
                })
                .await
            }
        };
        if let (Some(variable), Some(path)) = (&line.variable, &line.taken) {
            variables.insert(variable.clone(), taken(&answer, path));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    called
}

#[tokio::test]
async fn every_rpc_has_a_line_and_each_line_is_answered() {
    let deployment = Deployment::start().await;
    let called = run(&deployment, CALLS).await;
    let missing: Vec<&String> = deployment.methods.keys().filter(|method| !called.contains(*method)).collect();
    assert!(missing.is_empty(), "proto/CALLS.md has no line for {missing:?}");
    deployment.stack.finish().await;
}

#[tokio::test]
async fn each_line_of_the_page_for_review_screens_is_answered() {
    let deployment = Deployment::start().await;
    let called = run(&deployment, REVIEW).await;
    for call in ["ApproveDream", "RejectDream", "CancelDream", "WatchDream", "GetStatus", "RevertDream", "GetChangeset"]
    {
        assert!(called.contains(&format!("DreamAdminService/{call}")), "{call}");
    }
    deployment.stack.finish().await;
}
