# The image of a release: every tap, target and command, with one set of locked libraries; docs/production.md shows its use.
# ECS, Lambda (which names its own entry point, `python -m awslambdaric`) and people run the same one.
ARG BASE=public.ecr.aws/docker/library/python:3.11-slim-bookworm

# What the libraries follow from, without the code: their layer is built anew only when one of these files changes.
FROM ${BASE} AS locks
WORKDIR /src
COPY . .
RUN mkdir /locks && find . '(' -name pyproject.toml -o -name uv.lock ')' -exec cp --parents -t /locks '{}' +

FROM ${BASE} AS build
ARG UV_VERSION
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_SYSTEM_CERTS=1
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}"
WORKDIR /app
COPY --from=locks /locks .
# Meltano would install plugins with these three; a release has its plugins.
ENV WITHOUT="--no-install-package pip --no-install-package uv --no-install-package virtualenv"
# hadolint ignore=SC2086
RUN /uv/bin/uv sync --locked --no-dev --no-install-workspace ${WITHOUT} \
    && UV_PROJECT_ENVIRONMENT=/app/.venv-transforms /uv/bin/uv sync --locked --no-dev --project transforms
COPY . .
# hadolint ignore=SC2086
RUN /uv/bin/uv sync --locked --no-dev --no-editable ${WITHOUT} \
    && mkdir /project \
    && cp --parents -r -t /project meltano.yml clients transforms ./*/*/*.meltano.yml \
    && chmod -R a+rX /project

FROM ${BASE}
# A volume that any user may write to: Fargate mounts it as root's alone, unless the image declares it otherwise
# (developer guide of ECS, bind mounts, read 2026-11). pip goes: nothing is installed here any more.
RUN useradd --uid 10001 --no-create-home --no-log-init --home-dir /tmp/dif dif \
    && install --directory --owner=dif --mode=1777 /tmp/dif \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/* /usr/lib/python3.*/ensurepip \
       /usr/local/lib/python3.*/ensurepip
COPY --from=build /app/.venv /app/.venv
COPY --from=build /app/.venv-transforms /app/.venv-transforms
COPY --from=build /project /app
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp/dif \
    TMPDIR=/tmp/dif \
    DIF_WORK=/tmp/dif \
    PYTHONDONTWRITEBYTECODE=1 \
    MELTANO_PROJECT_ROOT=/app \
    MELTANO_PROJECT_READONLY=true \
    MELTANO_SYS_DIR_ROOT=/tmp/dif/meltano \
    MELTANO_DATABASE_URI=sqlite:////tmp/dif/meltano.db \
    MELTANO_SEND_ANONYMOUS_USAGE_STATS=false \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false \
    DO_NOT_TRACK=1
ARG REVISION=unknown
LABEL org.opencontainers.image.title=dif \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.revision=${REVISION}
WORKDIR /app
USER 10001
VOLUME ["/tmp/dif"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["dif-deploy", "health"]
# No init of its own: ECS puts one before it (initProcessEnabled), as `docker run --init` does.
CMD ["dif-deploy", "--help"]
