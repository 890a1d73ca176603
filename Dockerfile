# syntax=docker/dockerfile:1
# One image for web, worker, beat and migrate; see docker-compose.yml and docs/operate.md.

FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install -r requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    DEBUG=False \
    STATIC_ROOT=/app/static-collected \
    VAR_DIR=/app/var
RUN useradd --system --uid 10001 --create-home portal
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . .
# The keys below only let the settings load while static files are collected; none is kept.
RUN SECRET_KEY=only-while-the-image-is-being-built FIELD_ENCRYPTION_KEY=only-while-the-image-is-being-built \
        ALLOWED_HOSTS=build VAR_DIR=/tmp/var \
        python manage.py collectstatic --noinput \
    && rm -rf /tmp/var \
    && install -d -o portal -g portal /app/var
USER portal
VOLUME /app/var
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "manage.py", "check_health", "web"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "2", "--respawn-failed-workers", "tuoxian_portal.wsgi:application"]
