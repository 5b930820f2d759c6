# One image for every part; the command says which: gateway, worker, notifier, trainer, migrate.
# A release names the base by its digest: --build-arg BASE=python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
# No pip goes into the final image's environment: this one's works on it from outside.
RUN python -m venv --without-pip /opt/tuneyard && python -m venv /opt/build

# What changes seldom comes first: a change of ours does not install the dependencies anew.
COPY deploy/image.lock deploy/build.lock deploy/
RUN /opt/build/bin/pip --python /opt/tuneyard/bin/python install --require-hashes --requirement deploy/image.lock \
    && /opt/build/bin/pip install --require-hashes --requirement deploy/build.lock

COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY shared shared
COPY workers workers
COPY services services
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/build/bin/pip --python /opt/tuneyard/bin/python install --no-deps --no-index --find-links /wheels tuneyard \
    && mkdir -p /data/files /data/trainer

# The same base as above, or the environment's interpreter is not where it was.
FROM ${BASE}
LABEL org.opencontainers.image.title="Tuneyard" \
      org.opencontainers.image.description="The fine-tuning control plane" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/tuneyard /opt/tuneyard
# A new volume takes owner and mode from here.
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/tuneyard/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /data
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["tuneyard"]
CMD ["gateway"]
