# syntax=docker/dockerfile:1.7
# Kafka Connect with the very jars that the stack without Docker uses: one pom names the versions of both.

FROM maven:3.9.9-eclipse-temurin-17 AS plugins
WORKDIR /build
COPY infra/local/pom.xml ./
RUN mvn -q -B -P kafka dependency:copy-dependencies -DoutputDirectory=/build/kafka \
 && mvn -q -B -P debezium dependency:copy-dependencies -DoutputDirectory=/plugins/debezium \
 && mvn -q -B -P converter dependency:copy-dependencies -DoutputDirectory=/plugins/converter
# The converter has no service manifest of its own; without one the worker would have to scan every class.
RUN java -cp '/build/kafka/*' org.apache.kafka.tools.ConnectPluginPath sync-manifests --plugin-location /plugins/converter \
 && ls /plugins/converter/connect-plugin-path-shim-*.jar

FROM apache/kafka:4.1.1
COPY --from=plugins /plugins /opt/plugins
COPY infra/docker/connect-worker.properties /opt/connect-worker.properties
USER appuser
EXPOSE 8083
ENTRYPOINT ["/opt/kafka/bin/connect-distributed.sh", "/opt/connect-worker.properties"]
