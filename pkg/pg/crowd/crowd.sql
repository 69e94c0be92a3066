-- Container i (from 0) is member i % {members} of entity web of application i / {members}, on host i.

create temporary table crowd as
  select i, i / {members} as a, i % {members} as ordinal, to_char(i / {members}, '"u"FM00000') as uid,
    to_char(i / {members}, '"app-"FM00000') as application, to_char(i, '"host-"FM00000') as host,
    '10.0.0.0'::inet + (i / {members}) * 1024 + 16 + i % {members} as address
  from generate_series(0, {containers} - 1) i;

insert into provisioner.locations (location, provider) values ('crowded', 'localhost');
insert into provisioner.clouds (cloud, location, max_hosts, max_containers, strategies)
  values ('crowd', 'crowded', {containers}, 100, '[]');
insert into provisioner.hosts (host, cloud, location, address, state, epoch, memory, cores, engine, last_seen, ready_at)
  select host, 'crowd', 'crowded', '192.0.2.1', 'ready', 1, 8589934592, 4, '{"version": "20.10.24"}', now(), now() from crowd;
insert into scheduler.hosts (host, cloud, state, memory, millicores) select host, 'crowd', 'ready', 8589934592, 4000 from crowd;

insert into api.applications (uid, application, name, cloud, spec, blueprint)
  select uid, application, application, 'crowd', jsonb_build_object('id', application, 'name', application, 'cloud', 'crowd', 'entities',
    jsonb_build_array(jsonb_build_object('id', 'web', 'name', 'web', 'size', {members}, 'image', jsonb_build_object('reference', 'nginx:1')))),
    'id: ' || application
  from crowd where ordinal = 0;
insert into api.operations (operation, kind, application, uid, target, state, requested_by, requested_at, finished_at)
  select to_char(i, '"op-"FM00000'), 'restart', application, uid, application || '/web', 'done', 'crowd', now() - i * interval '1 second', now()
  from crowd;

insert into policy.applications (uid, application, known, healthy, was_healthy)
  select uid, application, true, true, true from crowd where ordinal = 0;
insert into policy.entities (uid, entity, position, size) select uid, 'web', 0, {members} from crowd where ordinal = 0;
insert into policy.containers (uid, entity, ordinal, generation, wanted, phase, host, address, engine_id, started_at, since)
  select uid, 'web', ordinal, 1, true, 'healthy', host, host(address), md5(i::text) || md5(i::text), now(), now() from crowd;

insert into scheduler.reservations (uid, application, entity, ordinal, generation, cloud, host, memory, millicores, ports)
  select uid, application, 'web', ordinal, 1, 'crowd', host, 67108864, 100, '[{"port": 80, "protocol": "tcp", "hostPort": 49000}]'
  from crowd;

insert into ipam.applications (uid, application) select uid, application from crowd where ordinal = 0;
insert into ipam.networks (network, application, cidr, ip_range, mtu, low, high)
  select uid, application, set_masklen('10.0.0.0'::inet + a * 1024, 22)::cidr, set_masklen('10.0.0.0'::inet + a * 1024, 28)::cidr, 1450,
    '10.0.0.0'::inet + a * 1024, '10.0.0.0'::inet + a * 1024 + 1023
  from crowd where ordinal = 0;
insert into ipam.leases (network, address, mac, entity, ordinal)
  select uid, address, '02:42:0a:00:00:00', 'web', ordinal from crowd;
insert into ipam.endpoints (uid, entity, ordinal, application, address, generation, host, healthy)
  select uid, 'web', ordinal, application, address, 1, host, true from crowd;

insert into imagebuilder.images (key, source, state, cloud, host, attempt, tries, image, reference, size)
  select md5(i::text), '{"reference": "nginx:1"}', 'ready', 'crowd', host, i, 1, 'sha256:' || md5(i::text), 'nginx:1', 1048576 from crowd;

insert into events.events (number, id, topic, source, subject, application, host, cause, trace, time, data, hash)
  select i + 1, gen_random_uuid(), 'container.healthy', 'policy', 'clocker.evt.container.healthy.' || application || '.web.' || ordinal, application, host, 0, '', now(),
    convert_to(json_build_object('application', application, 'uid', uid, 'entity', 'web', 'ordinal', ordinal, 'generation', 1, 'host', host)::text,
      'UTF8'), sha256(int8send(i))
  from crowd;
update events.head set number = {containers}, published = {containers}, hash = sha256(int8send({containers}));

drop table crowd;
analyze;
