# An inference worker; no Django, no database. Context: the checkout.
FROM python:3.11-slim-bookworm AS packages
# Empty: PyPI's torch, with CUDA. README says how to name PyTorch's smaller CPU wheels.
ARG TORCH_PIP_ARGS=""
COPY requirements-worker.lock /
# The arguments are words to split, not one name.
# hadolint ignore=SC2086
RUN python -m venv /packages \
 && /packages/bin/pip install --no-cache-dir $TORCH_PIP_ARGS torch==2.13.0 \
 && /packages/bin/pip install --no-cache-dir --require-hashes -r /requirements-worker.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin slicewise \
 && install --directory --owner slicewise --mode 0700 /data
COPY --from=packages /packages /packages
COPY inference_worker /slicewise/inference_worker
RUN /packages/bin/python -m compileall -q /slicewise
WORKDIR /slicewise
ENV PATH=/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SLICEWISE_DATA=/data
USER 10001
VOLUME /data
CMD ["celery", "-A", "inference_worker.app", "worker", "-c", "1", "-l", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
