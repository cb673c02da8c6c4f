# The hub as an image: docker build --tag ticketbridge:local .
#
# Nothing is downloaded but what requirements.lock pins by hash. The image that runs holds Python,
# the virtual environment and nothing to build with; it needs no shell. It writes to /data only,
# and to /tmp for large attachments, so its root file system may be read-only.

ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS tools
# The tools that make the wheel, by the hashes of the lock for development.
WORKDIR /build
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
      --requirement requirements-dev.lock

FROM tools AS wheel
COPY pyproject.toml README.md ./
COPY bridge bridge
COPY connectors connectors
COPY mappings mappings
RUN /tools/bin/python -m build --no-isolation --wheel --outdir /wheel .

FROM ${PYTHON} AS environment
COPY requirements.lock /build/
RUN python -m venv /opt/ticketbridge \
 && /opt/ticketbridge/bin/pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --requirement /build/requirements.lock
COPY --from=wheel /wheel /wheel
# Its dependencies are there; the wheel itself was made a moment ago and has no published hash.
RUN /opt/ticketbridge/bin/pip install --no-cache-dir --disable-pip-version-check \
      --no-deps --no-index /wheel/*.whl \
 && /opt/ticketbridge/bin/pip uninstall --yes pip setuptools \
 && install --directory --mode 0700 /empty

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Ticketbridge" \
      org.opencontainers.image.description="The hub between helpdesks and trackers" \
      org.opencontainers.image.documentation="docs/operate.md"
COPY --from=environment /opt/ticketbridge /opt/ticketbridge
COPY --from=environment --chown=10001:10001 /empty /data
ENV PATH=/opt/ticketbridge/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BRIDGE_CONFIG=/config/bridge.yaml \
    BRIDGE_MAPPINGS=/config/mappings \
    BRIDGE_DATA_DIR=/data \
    BRIDGE_HOST=0.0.0.0 \
    BRIDGE_PORT=8080 \
    BRIDGE_LOG_FORMAT=json
# A number, so that runAsNonRoot can be checked without looking into the image.
USER 10001:10001
WORKDIR /
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# Not `bridge health`: that loads the whole program, and this runs every fifteen seconds.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import http.client as h, os, sys; c = h.HTTPConnection('127.0.0.1', int(os.environ['BRIDGE_PORT']), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["bridge"]
CMD ["serve"]
