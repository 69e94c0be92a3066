-- +goose Up

create view ipam.v_gateways as
  select g.network, n.application, g.host, host(g.address) as address
  from ipam.gateways g join ipam.networks n using (network) where n.gone_at is null;
