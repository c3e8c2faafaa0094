# Stands for the official MySQL image where none can be pulled: sid's MySQL, as tests/support/servers/mysql9 unpacks it
# (context: its folder), run by its own dynamic linker, behind an entrypoint with the official image's habits.
FROM debian:bookworm-slim
COPY root /opt/mysql
COPY stack/mysql-program /opt/mysql/program
COPY stack/mysql-entrypoint /usr/local/bin/docker-entrypoint.sh
COPY stack/my.cnf /etc/my.cnf
RUN useradd --system --no-create-home --shell /usr/sbin/nologin mysql \
    && install -d -o mysql -g mysql /var/lib/mysql /var/run/mysqld /etc/mysql/conf.d /docker-entrypoint-initdb.d \
    && ln -s /opt/mysql/program /usr/bin/mysql && ln -s /opt/mysql/program /usr/bin/mysqladmin \
    && ln -s /opt/mysql/program /usr/sbin/mysqld
VOLUME /var/lib/mysql
EXPOSE 3306
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["mysqld"]
