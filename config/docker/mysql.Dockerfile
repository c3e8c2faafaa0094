# MySQL with the sample shop: the official image, which runs what lies in /docker-entrypoint-initdb.d when its data
# directory is new. The shop is written in a stage of its own, so that the image carries no Python.
FROM python:3.11-slim-bookworm AS shop
ARG ROWS=20000
COPY config/demo/generate config/demo/schema.sql config/demo/words.py /demo/
RUN python3 /demo/generate --rows "$ROWS" --out /shop.sql

FROM mysql:9.7
COPY config/mysql.cnf /etc/mysql/conf.d/binseek.cnf
COPY config/docker/account.sh /docker-entrypoint-initdb.d/10-account.sh
COPY --from=shop /shop.sql /docker-entrypoint-initdb.d/20-shop.sql
