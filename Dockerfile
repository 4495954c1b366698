# Backissue in a container: the clock and the pages, as a user without rights, on one volume.
#   docker build --tag backissue .
#   docker run --volume archive:/archive --publish 127.0.0.1:8001:8001 backissue
# It needs a configuration in /archive (`init`, as in compose.yaml); `demo --host 0.0.0.0` in place of it shows a
# sample newspaper. docs/operations.md has the rest.

ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS build
# The locked libraries: "run", or "fleet" for a worker of a fleet (docs/fleet.md).
ARG REQUIREMENTS=run
WORKDIR /src
COPY pyproject.toml README.md LICENSE scheduler.py ./
COPY requirements requirements
COPY archive archive
COPY crawler crawler
COPY pipeline pipeline
# All as it is locked, with its hashes. Datasette asks for pip and setuptools, for its own `install`; nothing in the
# final stage can build or install.
RUN python -m venv --without-pip /opt/backissue \
    && export PIP_NO_CACHE_DIR=1 PIP_PYTHON=/opt/backissue/bin/python \
    && python -m pip install --require-hashes --requirement "requirements/${REQUIREMENTS}.txt" \
    && python -m pip install --no-deps --no-build-isolation . \
    && python -m pip uninstall --yes pip setuptools hatchling editables

FROM python:${PYTHON}
RUN python -m pip uninstall --yes --quiet pip \
    && groupadd --gid 10001 backissue \
    && useradd --uid 10001 --gid backissue --no-create-home --home-dir /archive --shell /usr/sbin/nologin backissue \
    && install --directory --owner backissue --group backissue /archive /work /store
COPY --from=build /opt/backissue /opt/backissue
ENV PATH=/opt/backissue/bin:$PATH \
    PYTHONUNBUFFERED=1
USER backissue
WORKDIR /archive
VOLUME /archive
EXPOSE 8001
# 200 when all is well, 503 when something needs looking after.
HEALTHCHECK --interval=1m --timeout=10s --start-period=2m \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8001/-/health', timeout=8)"]
ENTRYPOINT ["backissue"]
CMD ["up", "--host", "0.0.0.0"]
