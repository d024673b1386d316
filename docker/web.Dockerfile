# The web, the desk, the watch and the commands; no torch. Context: the checkout.
# The tag is the Python that the locks were made for.
FROM python:3.11-slim-bookworm AS packages
COPY requirements-web.lock /
RUN python -m venv /packages \
 && /packages/bin/pip install --no-cache-dir --require-hashes -r /requirements-web.lock

FROM packages AS schema
WORKDIR /slicewise
COPY manage.py ./
COPY webapp webapp
COPY migrations migrations
COPY annotation annotation
COPY inference_worker/__init__.py inference_worker/
COPY inference_worker/contract inference_worker/contract
RUN /packages/bin/python -m babel.messages.frontend --quiet compile --domain django \
    --directory annotation/locale
RUN SECRET_KEY=unused SLICEWISE_DATA=/tmp/unused \
    /packages/bin/python manage.py spectacular --file /openapi.yaml

FROM node:22-bookworm-slim AS viewer
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
# Not "ci": see the Makefile.
RUN npm install --no-save
COPY frontend ./
COPY --from=schema /openapi.yaml ./
RUN npm run generate && npm run build

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin slicewise \
 && install --directory --owner slicewise --mode 0700 /data
COPY --from=packages /packages /packages
COPY --from=schema /slicewise /slicewise
COPY --from=viewer /frontend/dist /slicewise/frontend/dist
RUN /packages/bin/python -m whitenoise.compress --quiet /slicewise/frontend/dist \
 && /packages/bin/python -m compileall -q /slicewise
WORKDIR /slicewise
ENV PATH=/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=webapp.settings.production \
    SLICEWISE_DATA=/data
USER 10001
VOLUME /data
EXPOSE 8000
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "-v", "0", "--no-server-name", "--proxy-headers", "--websocket-max-message-size", "16777216", "--websocket-max-frame-size", "16777216", "webapp.asgi:application"]
