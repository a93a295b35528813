//! The text model's own threads: a bounded queue in front, one network and one core each.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Instant;

use ort::session::Session;
use ort::value::TensorRef;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::inspection::{CONTEXT_LEVELS, ClassifierError};
use crate::metrics::ModelMetrics;

/// Windows of one run, padded to one length.
pub(super) struct Batch {
    /// The windows one after another.
    pub(super) bytes: Vec<u8>,
    /// The kind of target of each.
    pub(super) kinds: Vec<u8>,
    /// The levels of the context of each, one after another.
    pub(super) contexts: Vec<u8>,
    /// Length of each window.
    pub(super) length: usize,
}

/// Probabilities of the classes, window after window.
pub(super) type Outputs = Vec<f32>;

struct Job {
    batch: Batch,
    reply: oneshot::Sender<Result<Outputs, ClassifierError>>,
}

/// Threads that run the text model. They end when this is dropped.
pub(super) struct OnnxRuntime {
    queue: SyncSender<Job>,
    metrics: ModelMetrics,
}

impl OnnxRuntime {
    /// Starts a thread for each session.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(sessions: Vec<Session>, capacity: usize, metrics: ModelMetrics) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(capacity);
        let jobs = Arc::new(Mutex::new(jobs));
        for (number, session) in sessions.into_iter().enumerate() {
            let (jobs, metrics) = (Arc::clone(&jobs), metrics.clone());
            thread::Builder::new()
                .name(format!("text-model-{number}"))
                .spawn(move || work(session, &jobs, &metrics))?;
        }
        Ok(Self { queue, metrics })
    }

    /// Queues a batch, or refuses it at once when the queue is full.
    pub(super) fn submit(
        &self,
        batch: Batch,
    ) -> Result<oneshot::Receiver<Result<Outputs, ClassifierError>>, ClassifierError> {
        let (reply, answer) = oneshot::channel();
        // Counted before it can be taken, so that the gauge never falls below zero.
        self.metrics.queue_depth.inc();
        self.queue.try_send(Job { batch, reply }).map_err(|error| {
            self.metrics.queue_depth.dec();
            match error {
                TrySendError::Full(_) => ClassifierError::Saturated,
                TrySendError::Disconnected(_) => ClassifierError::Failed,
            }
        })?;
        Ok(answer)
    }
}

fn work(mut session: Session, jobs: &Mutex<Receiver<Job>>, metrics: &ModelMetrics) {
    loop {
        // The lock is held while waiting: the next job goes to whoever holds it, and the lock to the next thread.
        let received = jobs.lock().recv();
        let Ok(job) = received else { return };
        metrics.queue_depth.dec();
        if job.reply.is_closed() {
            // Whoever asked has given up.
            continue;
        }
        let start = Instant::now();
        let outputs = infer(&mut session, &job.batch).map_err(|error| {
            tracing::warn!(%error, "the text model failed on an input");
            ClassifierError::Failed
        });
        metrics.inference_seconds.observe(start.elapsed().as_secs_f64());
        #[allow(clippy::cast_precision_loss)] // at most 32
        metrics.batch_windows.observe(job.batch.kinds.len() as f64);
        // The receiver may have given up meanwhile.
        let _ = job.reply.send(outputs);
    }
}

/// One run of the network.
pub(super) fn infer(session: &mut Session, batch: &Batch) -> ort::Result<Outputs> {
    let rows = batch.kinds.len();
    let bytes = TensorRef::from_array_view(([rows, batch.length], batch.bytes.as_slice()))?;
    let kinds = TensorRef::from_array_view(([rows], batch.kinds.as_slice()))?;
    let contexts = TensorRef::from_array_view(([rows, CONTEXT_LEVELS], batch.contexts.as_slice()))?;
    let outputs = session.run(ort::inputs![bytes, kinds, contexts])?;
    let (_, probabilities) = outputs[0].try_extract_tensor::<f32>()?;
    Ok(probabilities.to_vec())
}

#[cfg(test)]
impl OnnxRuntime {
    /// A queue that nobody serves; it lasts as long as what is returned beside it.
    pub(super) fn stalled(capacity: usize, metrics: ModelMetrics) -> (Self, impl Sized) {
        let (queue, jobs) = sync_channel(capacity);
        (Self { queue, metrics }, jobs)
    }
}
