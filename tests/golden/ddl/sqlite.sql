CREATE TABLE audit_counters (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    value BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_audit_counters PRIMARY KEY (id)
);
CREATE INDEX ix_audit_counters_created_at_id ON audit_counters (created_at, id);
CREATE TABLE audit_history (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    position BIGINT,
    recorded_at BIGINT NOT NULL,
    "transaction" VARCHAR(64) NOT NULL,
    ordinal BIGINT NOT NULL,
    request_id VARCHAR(128) DEFAULT '' NOT NULL,
    actor TEXT DEFAULT '{}' NOT NULL,
    user_id VARCHAR(64) DEFAULT '' NOT NULL,
    service VARCHAR(32) DEFAULT '' NOT NULL,
    action VARCHAR(64) NOT NULL,
    obj_type VARCHAR(40) NOT NULL,
    obj_id VARCHAR(128) NOT NULL,
    obj_name VARCHAR(128) DEFAULT '' NOT NULL,
    owner_domain_id VARCHAR(64) DEFAULT '' NOT NULL,
    owner_tenant_id VARCHAR(64) DEFAULT '' NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    success BOOLEAN DEFAULT true NOT NULL,
    "before" TEXT DEFAULT '{}' NOT NULL,
    "after" TEXT DEFAULT '{}' NOT NULL,
    format BIGINT DEFAULT 1 NOT NULL,
    CONSTRAINT pk_audit_history PRIMARY KEY (id)
);
CREATE INDEX ix_audit_history_action ON audit_history (action);
CREATE INDEX ix_audit_history_created_at_id ON audit_history (created_at, id);
CREATE INDEX ix_audit_history_obj_id_position ON audit_history (obj_id, position);
CREATE INDEX ix_audit_history_obj_type ON audit_history (obj_type);
CREATE INDEX ix_audit_history_owner_domain_id ON audit_history (owner_domain_id);
CREATE INDEX ix_audit_history_owner_tenant_id_position ON audit_history (owner_tenant_id, position);
CREATE INDEX ix_audit_history_position ON audit_history (position);
CREATE INDEX ix_audit_history_recorded_at ON audit_history (recorded_at);
CREATE INDEX ix_audit_history_user_id ON audit_history (user_id);
CREATE TABLE audit_idempotencies (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    answer TEXT DEFAULT '[]' NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT pk_audit_idempotencies PRIMARY KEY (id)
);
CREATE INDEX ix_audit_idempotencies_created_at_id ON audit_idempotencies (created_at, id);
CREATE INDEX ix_audit_idempotencies_expires_at ON audit_idempotencies (expires_at);
CREATE TABLE audit_plans (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    owner_id VARCHAR(64) NOT NULL,
    project_id VARCHAR(64) DEFAULT '' NOT NULL,
    scope_domain_id VARCHAR(64) DEFAULT '' NOT NULL,
    call VARCHAR(16) NOT NULL,
    resource VARCHAR(64) NOT NULL,
    state VARCHAR(16) DEFAULT 'open' NOT NULL,
    summary TEXT DEFAULT '{}' NOT NULL,
    request_id VARCHAR(128) DEFAULT '' NOT NULL,
    expires_at BIGINT NOT NULL,
    applied_at BIGINT,
    request TEXT DEFAULT '' NOT NULL,
    seed TEXT DEFAULT '' NOT NULL,
    keys TEXT DEFAULT '[]' NOT NULL,
    world TEXT DEFAULT '[]' NOT NULL,
    outcome TEXT DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_audit_plans PRIMARY KEY (id)
);
CREATE INDEX ix_audit_plans_created_at_name_id ON audit_plans (created_at, name, id);
CREATE INDEX ix_audit_plans_expires_at ON audit_plans (expires_at);
CREATE INDEX ix_audit_plans_name ON audit_plans (name);
CREATE INDEX ix_audit_plans_owner_id_created_at_name_id ON audit_plans (owner_id, created_at, name, id);
CREATE TABLE audit_schedulerdecisions (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    session_id VARCHAR(128) DEFAULT '' NOT NULL,
    question VARCHAR(16) NOT NULL,
    user_id VARCHAR(64) DEFAULT '' NOT NULL,
    user_name VARCHAR(128) DEFAULT '' NOT NULL,
    owner_domain_id VARCHAR(64) DEFAULT '' NOT NULL,
    owner_tenant_id VARCHAR(64) DEFAULT '' NOT NULL,
    name VARCHAR(128) DEFAULT '' NOT NULL,
    count BIGINT DEFAULT 1 NOT NULL,
    fitting BIGINT DEFAULT 0 NOT NULL,
    success BOOLEAN DEFAULT true NOT NULL,
    summary VARCHAR(2048) DEFAULT '' NOT NULL,
    placed TEXT DEFAULT '[]' NOT NULL,
    told TEXT DEFAULT '{}' NOT NULL,
    seen TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_audit_schedulerdecisions PRIMARY KEY (id)
);
CREATE INDEX ix_audit_schedulerdecisions_created_at_name_id ON audit_schedulerdecisions (created_at, name, id);
CREATE INDEX ix_audit_schedulerdecisions_owner_tenant_id_created_at ON audit_schedulerdecisions (owner_tenant_id, created_at);
CREATE INDEX ix_audit_schedulerdecisions_session_id ON audit_schedulerdecisions (session_id);
CREATE TABLE audit_tasknotices (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'waiting' NOT NULL,
    url TEXT NOT NULL,
    caller_task VARCHAR(128) DEFAULT '' NOT NULL,
    flow VARCHAR(64) NOT NULL,
    obj_type VARCHAR(40) NOT NULL,
    obj_id VARCHAR(128) NOT NULL,
    obj_name VARCHAR(128) DEFAULT '' NOT NULL,
    domain_id VARCHAR(64) DEFAULT '' NOT NULL,
    tenant_id VARCHAR(64) DEFAULT '' NOT NULL,
    body TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_audit_tasknotices PRIMARY KEY (id)
);
CREATE INDEX ix_audit_tasknotices_created_at_id ON audit_tasknotices (created_at, id);
CREATE INDEX ix_audit_tasknotices_domain_id_created_at_id ON audit_tasknotices (domain_id, created_at, id);
CREATE INDEX ix_audit_tasknotices_obj_id ON audit_tasknotices (obj_id);
CREATE INDEX ix_audit_tasknotices_status ON audit_tasknotices (status);
CREATE INDEX ix_audit_tasknotices_tenant_id_created_at_id ON audit_tasknotices (tenant_id, created_at, id);
CREATE TABLE compute_disks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    billing_type VARCHAR(36) DEFAULT 'postpaid' NOT NULL,
    billing_cycle VARCHAR(10) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOLEAN DEFAULT false NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status VARCHAR(36) DEFAULT 'init' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    storage_id VARCHAR(128) NOT NULL,
    disk_format VARCHAR(32) DEFAULT 'qcow2' NOT NULL,
    disk_size BIGINT NOT NULL,
    access_path VARCHAR(256) DEFAULT '' NOT NULL,
    pci_path VARCHAR(64) DEFAULT '' NOT NULL,
    backup_storage_id VARCHAR(128) DEFAULT '' NOT NULL,
    template_id VARCHAR(256) DEFAULT '' NOT NULL,
    snapshot_id VARCHAR(256) DEFAULT '' NOT NULL,
    backup_id VARCHAR(256) DEFAULT '' NOT NULL,
    device VARCHAR(64) DEFAULT '' NOT NULL,
    fs_format VARCHAR(32) DEFAULT '' NOT NULL,
    fs_features TEXT DEFAULT '{}' NOT NULL,
    disk_type VARCHAR(32) DEFAULT 'data' NOT NULL,
    preallocation VARCHAR(12) DEFAULT 'off' NOT NULL,
    nonpersistent BOOLEAN DEFAULT false NOT NULL,
    auto_reset BOOLEAN DEFAULT false NOT NULL,
    auto_delete BOOLEAN DEFAULT false NOT NULL,
    os_arch VARCHAR(16) DEFAULT '' NOT NULL,
    is_ssd BOOLEAN DEFAULT false NOT NULL,
    iops BIGINT DEFAULT 0 NOT NULL,
    throughput BIGINT DEFAULT 0 NOT NULL,
    encrypt_key_id VARCHAR(36) DEFAULT '' NOT NULL,
    CONSTRAINT pk_compute_disks PRIMARY KEY (id)
);
CREATE INDEX ix_compute_disks_created_at_name_id_pending_delet_a7e0b7c086 ON compute_disks (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_disks_disk_size ON compute_disks (disk_size);
CREATE INDEX ix_compute_disks_domain_id_created_at_name_id_pen_b1b80c4a67 ON compute_disks (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_disks_external_id ON compute_disks (external_id);
CREATE INDEX ix_compute_disks_id_pending_deleted_is_system ON compute_disks (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_compute_disks_name ON compute_disks (name);
CREATE INDEX ix_compute_disks_snapshot_id ON compute_disks (snapshot_id);
CREATE INDEX ix_compute_disks_status ON compute_disks (status);
CREATE INDEX ix_compute_disks_storage_id ON compute_disks (storage_id);
CREATE INDEX ix_compute_disks_template_id ON compute_disks (template_id);
CREATE INDEX ix_compute_disks_tenant_id_created_at_name_id_pen_2f899882fb ON compute_disks (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_disks_tenant_id_name ON compute_disks (tenant_id, name);
CREATE TABLE compute_dynamicschedtags (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    schedtag_id VARCHAR(128) NOT NULL,
    condition VARCHAR(1024) NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    CONSTRAINT pk_compute_dynamicschedtags PRIMARY KEY (id),
    CONSTRAINT uq_compute_dynamicschedtags_name UNIQUE (name)
);
CREATE INDEX ix_compute_dynamicschedtags_created_at_name_id ON compute_dynamicschedtags (created_at, name, id);
CREATE INDEX ix_compute_dynamicschedtags_schedtag_id ON compute_dynamicschedtags (schedtag_id);
CREATE TABLE compute_groupguests (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    group_id VARCHAR(128) NOT NULL,
    guest_id VARCHAR(128) NOT NULL,
    CONSTRAINT pk_compute_groupguests PRIMARY KEY (id),
    CONSTRAINT uq_compute_groupguests_group_id_guest_id UNIQUE (group_id, guest_id)
);
CREATE INDEX ix_compute_groupguests_created_at_id ON compute_groupguests (created_at, id);
CREATE INDEX ix_compute_groupguests_guest_id ON compute_groupguests (guest_id);
CREATE TABLE compute_groupnetworks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    group_id VARCHAR(128) NOT NULL,
    network_id VARCHAR(128) NOT NULL,
    ip_addr VARCHAR(16) NOT NULL,
    "index" BIGINT DEFAULT 0 NOT NULL,
    eip_id VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT pk_compute_groupnetworks PRIMARY KEY (id),
    CONSTRAINT uq_compute_groupnetworks_network_id_ip_addr UNIQUE (network_id, ip_addr),
    CONSTRAINT uq_compute_groupnetworks_group_id_index UNIQUE (group_id, "index")
);
CREATE INDEX ix_compute_groupnetworks_created_at_id ON compute_groupnetworks (created_at, id);
CREATE INDEX ix_compute_groupnetworks_ip_addr ON compute_groupnetworks (ip_addr);
CREATE TABLE compute_guestdisks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    guest_id VARCHAR(128) NOT NULL,
    disk_id VARCHAR(128) NOT NULL,
    image_path VARCHAR(256) DEFAULT '' NOT NULL,
    driver VARCHAR(32) DEFAULT 'virtio' NOT NULL,
    cache_mode VARCHAR(32) DEFAULT 'none' NOT NULL,
    aio_mode VARCHAR(32) DEFAULT '' NOT NULL,
    iops BIGINT DEFAULT 0 NOT NULL,
    bps BIGINT DEFAULT 0 NOT NULL,
    mountpoint VARCHAR(256) DEFAULT '' NOT NULL,
    "index" BIGINT DEFAULT 0 NOT NULL,
    boot_index BIGINT DEFAULT (-1) NOT NULL,
    CONSTRAINT pk_compute_guestdisks PRIMARY KEY (id),
    CONSTRAINT uq_compute_guestdisks_disk_id UNIQUE (disk_id),
    CONSTRAINT uq_compute_guestdisks_guest_id_index UNIQUE (guest_id, "index")
);
CREATE INDEX ix_compute_guestdisks_created_at_id ON compute_guestdisks (created_at, id);
CREATE TABLE compute_guestnetworks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    billing_type VARCHAR(36) DEFAULT 'postpaid' NOT NULL,
    billing_cycle VARCHAR(10) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOLEAN DEFAULT false NOT NULL,
    guest_id VARCHAR(128) NOT NULL,
    network_id VARCHAR(128) NOT NULL,
    mac_addr VARCHAR(32) NOT NULL,
    ip_addr VARCHAR(16),
    ip6_addr VARCHAR(64),
    driver VARCHAR(16) DEFAULT 'virtio' NOT NULL,
    num_queues BIGINT DEFAULT 1 NOT NULL,
    bw_limit BIGINT DEFAULT 0 NOT NULL,
    rx_bw_limit BIGINT DEFAULT 0 NOT NULL,
    tx_bw_limit BIGINT DEFAULT 0 NOT NULL,
    rx_traffic_limit BIGINT DEFAULT 0 NOT NULL,
    rx_traffic_used BIGINT DEFAULT 0 NOT NULL,
    tx_traffic_limit BIGINT DEFAULT 0 NOT NULL,
    tx_traffic_used BIGINT DEFAULT 0 NOT NULL,
    "index" BIGINT DEFAULT 0 NOT NULL,
    "virtual" BOOLEAN DEFAULT false NOT NULL,
    ifname VARCHAR(16) DEFAULT '' NOT NULL,
    team_with VARCHAR(32) DEFAULT '' NOT NULL,
    mapped_ip_addr VARCHAR(16) DEFAULT '' NOT NULL,
    mapped_ip6_addr VARCHAR(64) DEFAULT '' NOT NULL,
    eip_id VARCHAR(128) DEFAULT '' NOT NULL,
    is_default BOOLEAN DEFAULT false NOT NULL,
    port_mappings TEXT DEFAULT '[]' NOT NULL,
    charge_type VARCHAR(32) DEFAULT '' NOT NULL,
    CONSTRAINT pk_compute_guestnetworks PRIMARY KEY (id),
    CONSTRAINT uq_compute_guestnetworks_network_id_ip_addr UNIQUE (network_id, ip_addr),
    CONSTRAINT uq_compute_guestnetworks_mac_addr UNIQUE (mac_addr),
    CONSTRAINT uq_compute_guestnetworks_guest_id_index UNIQUE (guest_id, "index")
);
CREATE INDEX ix_compute_guestnetworks_created_at_id ON compute_guestnetworks (created_at, id);
CREATE INDEX ix_compute_guestnetworks_ip_addr ON compute_guestnetworks (ip_addr);
CREATE TABLE compute_guestsecgroups (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    guest_id VARCHAR(128) NOT NULL,
    secgroup_id VARCHAR(128) NOT NULL,
    CONSTRAINT pk_compute_guestsecgroups PRIMARY KEY (id),
    CONSTRAINT uq_compute_guestsecgroups_guest_id_secgroup_id UNIQUE (guest_id, secgroup_id)
);
CREATE INDEX ix_compute_guestsecgroups_created_at_id ON compute_guestsecgroups (created_at, id);
CREATE INDEX ix_compute_guestsecgroups_secgroup_id ON compute_guestsecgroups (secgroup_id);
CREATE TABLE compute_hostclaims (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    vcpus BIGINT DEFAULT 0 NOT NULL,
    memory_mib BIGINT DEFAULT 0 NOT NULL,
    guests BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_compute_hostclaims PRIMARY KEY (id)
);
CREATE INDEX ix_compute_hostclaims_created_at_id ON compute_hostclaims (created_at, id);
CREATE TABLE compute_hostleases (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    turn BIGINT DEFAULT 0 NOT NULL,
    held BIGINT DEFAULT 1 NOT NULL,
    fences BIGINT DEFAULT 0 NOT NULL,
    fenced BIGINT DEFAULT 0 NOT NULL,
    floor BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_compute_hostleases PRIMARY KEY (id)
);
CREATE INDEX ix_compute_hostleases_created_at_id ON compute_hostleases (created_at, id);
CREATE TABLE compute_instance_snapshots (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'creating' NOT NULL,
    guest_id VARCHAR(128) NOT NULL,
    server_config TEXT DEFAULT '{}' NOT NULL,
    server_metadata TEXT DEFAULT '{}' NOT NULL,
    auto_delete BOOLEAN DEFAULT false NOT NULL,
    ref_count BIGINT DEFAULT 0 NOT NULL,
    sec_groups TEXT DEFAULT '[]' NOT NULL,
    keypair_id VARCHAR(128) DEFAULT '' NOT NULL,
    os_type VARCHAR(36) DEFAULT '' NOT NULL,
    os_arch VARCHAR(16) DEFAULT '' NOT NULL,
    instance_type VARCHAR(64) DEFAULT '' NOT NULL,
    image_id VARCHAR(128) DEFAULT '' NOT NULL,
    with_memory BOOLEAN DEFAULT false NOT NULL,
    memory_size_kb BIGINT DEFAULT 0 NOT NULL,
    memory_file_host_id VARCHAR(128) DEFAULT '' NOT NULL,
    memory_file_path VARCHAR(512) DEFAULT '' NOT NULL,
    memory_file_checksum VARCHAR(64) DEFAULT '' NOT NULL,
    encrypt_key_id VARCHAR(36) DEFAULT '' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    manager_id VARCHAR(128) DEFAULT '' NOT NULL,
    created_by VARCHAR(36) DEFAULT 'manual' NOT NULL,
    expired_at BIGINT,
    CONSTRAINT pk_compute_instance_snapshots PRIMARY KEY (id),
    CONSTRAINT uq_compute_instance_snapshots_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_compute_instance_snapshots_cloudregion_id ON compute_instance_snapshots (cloudregion_id);
CREATE INDEX ix_compute_instance_snapshots_created_at_name_id__1034f2ecf5 ON compute_instance_snapshots (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instance_snapshots_domain_id_created_a_f40edfc84d ON compute_instance_snapshots (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instance_snapshots_expired_at ON compute_instance_snapshots (expired_at);
CREATE INDEX ix_compute_instance_snapshots_external_id ON compute_instance_snapshots (external_id);
CREATE INDEX ix_compute_instance_snapshots_guest_id ON compute_instance_snapshots (guest_id);
CREATE INDEX ix_compute_instance_snapshots_id_pending_deleted_is_system ON compute_instance_snapshots (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_compute_instance_snapshots_os_type ON compute_instance_snapshots (os_type);
CREATE INDEX ix_compute_instance_snapshots_status ON compute_instance_snapshots (status);
CREATE INDEX ix_compute_instance_snapshots_tenant_id_created_a_3251e6993e ON compute_instance_snapshots (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instance_snapshots_with_memory ON compute_instance_snapshots (with_memory);
CREATE TABLE compute_instancegroups (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    enabled BOOLEAN DEFAULT true NOT NULL,
    service_type VARCHAR(36) DEFAULT '' NOT NULL,
    parent_id VARCHAR(128),
    zone_id VARCHAR(128),
    sched_strategy VARCHAR(16) DEFAULT '' NOT NULL,
    granularity BIGINT DEFAULT 1 NOT NULL,
    force_dispersion BOOLEAN DEFAULT true NOT NULL,
    CONSTRAINT pk_compute_instancegroups PRIMARY KEY (id),
    CONSTRAINT uq_compute_instancegroups_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_compute_instancegroups_created_at_name_id_pend_47c7efe02d ON compute_instancegroups (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instancegroups_domain_id_created_at_na_b9587a586b ON compute_instancegroups (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instancegroups_id_pending_deleted_is_system ON compute_instancegroups (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_compute_instancegroups_parent_id ON compute_instancegroups (parent_id);
CREATE INDEX ix_compute_instancegroups_tenant_id_created_at_na_f4f41932a9 ON compute_instancegroups (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instancegroups_zone_id ON compute_instancegroups (zone_id);
CREATE TABLE compute_instancesnapshotjoints (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    instance_snapshot_id VARCHAR(128) NOT NULL,
    snapshot_id VARCHAR(128) NOT NULL,
    disk_index BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_compute_instancesnapshotjoints PRIMARY KEY (id),
    CONSTRAINT uq_compute_instancesnapshotjoints_instance_snapsh_634228b816 UNIQUE (instance_snapshot_id, snapshot_id)
);
CREATE INDEX ix_compute_instancesnapshotjoints_created_at_id ON compute_instancesnapshotjoints (created_at, id);
CREATE INDEX ix_compute_instancesnapshotjoints_snapshot_id ON compute_instancesnapshotjoints (snapshot_id);
CREATE TABLE compute_isolated_devices (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    host_id VARCHAR(128) NOT NULL,
    dev_type VARCHAR(16) NOT NULL,
    sharing_mode VARCHAR(16) DEFAULT '' NOT NULL,
    hot_pluggable BOOLEAN DEFAULT false NOT NULL,
    model VARCHAR(512) NOT NULL,
    guest_id VARCHAR(128),
    network_index BIGINT DEFAULT (-1) NOT NULL,
    wire_id VARCHAR(128) DEFAULT '' NOT NULL,
    ovs_offload_interface VARCHAR(16) DEFAULT '' NOT NULL,
    is_infiniband_nic BOOLEAN DEFAULT false NOT NULL,
    nvme_size_mb BIGINT DEFAULT 0 NOT NULL,
    disk_index BIGINT DEFAULT (-1) NOT NULL,
    addr VARCHAR(64) DEFAULT '' NOT NULL,
    device_path VARCHAR(128) DEFAULT '' NOT NULL,
    card_path VARCHAR(128) DEFAULT '' NOT NULL,
    render_path VARCHAR(128) DEFAULT '' NOT NULL,
    "index" BIGINT DEFAULT (-1) NOT NULL,
    device_minor BIGINT DEFAULT (-1) NOT NULL,
    mdev_id VARCHAR(36) DEFAULT '' NOT NULL,
    frl VARCHAR(16) DEFAULT '' NOT NULL,
    framebuffer VARCHAR(16) DEFAULT '' NOT NULL,
    max_resolution VARCHAR(16) DEFAULT '' NOT NULL,
    num_heads VARCHAR(16) DEFAULT '' NOT NULL,
    max_instance VARCHAR(16) DEFAULT '' NOT NULL,
    mps_memory_limit BIGINT DEFAULT (-1) NOT NULL,
    mps_memory_total BIGINT DEFAULT (-1) NOT NULL,
    mps_thread_percentage BIGINT DEFAULT (-1) NOT NULL,
    vendor_device_id VARCHAR(16) DEFAULT '' NOT NULL,
    reserved_memory BIGINT DEFAULT 0 NOT NULL,
    reserved_cpu BIGINT DEFAULT 0 NOT NULL,
    reserved_storage BIGINT DEFAULT 0 NOT NULL,
    pcie_info TEXT DEFAULT '{}' NOT NULL,
    numa_node BIGINT DEFAULT (-1) NOT NULL,
    memory_size BIGINT DEFAULT 0 NOT NULL,
    virtual_num BIGINT DEFAULT 1 NOT NULL,
    CONSTRAINT pk_compute_isolated_devices PRIMARY KEY (id)
);
CREATE INDEX ix_compute_isolated_devices_addr ON compute_isolated_devices (addr);
CREATE INDEX ix_compute_isolated_devices_created_at_name_id ON compute_isolated_devices (created_at, name, id);
CREATE INDEX ix_compute_isolated_devices_dev_type ON compute_isolated_devices (dev_type);
CREATE INDEX ix_compute_isolated_devices_domain_id_created_at_name_id ON compute_isolated_devices (domain_id, created_at, name, id);
CREATE INDEX ix_compute_isolated_devices_external_id ON compute_isolated_devices (external_id);
CREATE INDEX ix_compute_isolated_devices_guest_id ON compute_isolated_devices (guest_id);
CREATE INDEX ix_compute_isolated_devices_host_id ON compute_isolated_devices (host_id);
CREATE INDEX ix_compute_isolated_devices_model ON compute_isolated_devices (model);
CREATE INDEX ix_compute_isolated_devices_name ON compute_isolated_devices (name);
CREATE INDEX ix_compute_isolated_devices_vendor_device_id ON compute_isolated_devices (vendor_device_id);
CREATE TABLE compute_keypairs (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    owner_id VARCHAR(64) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    scheme VARCHAR(12) DEFAULT 'RSA' NOT NULL,
    fingerprint VARCHAR(64) DEFAULT '' NOT NULL,
    public_key VARCHAR(4096) DEFAULT '' NOT NULL,
    private_key TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_compute_keypairs PRIMARY KEY (id),
    CONSTRAINT uq_compute_keypairs_name_owner_id UNIQUE (name, owner_id)
);
CREATE INDEX ix_compute_keypairs_created_at_name_id ON compute_keypairs (created_at, name, id);
CREATE INDEX ix_compute_keypairs_owner_id_created_at_name_id ON compute_keypairs (owner_id, created_at, name, id);
CREATE TABLE compute_nodeclaims (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    host_id VARCHAR(128) NOT NULL,
    node BIGINT DEFAULT 0 NOT NULL,
    vcpus BIGINT DEFAULT 0 NOT NULL,
    memory_mib BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_compute_nodeclaims PRIMARY KEY (id)
);
CREATE INDEX ix_compute_nodeclaims_created_at_id ON compute_nodeclaims (created_at, id);
CREATE INDEX ix_compute_nodeclaims_host_id ON compute_nodeclaims (host_id);
CREATE TABLE compute_schedpolicies (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    schedtag_id VARCHAR(128) NOT NULL,
    condition VARCHAR(1024) NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    strategy VARCHAR(16) NOT NULL,
    CONSTRAINT pk_compute_schedpolicies PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedpolicies_name UNIQUE (name)
);
CREATE INDEX ix_compute_schedpolicies_created_at_name_id ON compute_schedpolicies (created_at, name, id);
CREATE INDEX ix_compute_schedpolicies_schedtag_id ON compute_schedpolicies (schedtag_id);
CREATE TABLE compute_schedtagcloudregions (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    schedtag_id VARCHAR(128) NOT NULL,
    cloudregion_id VARCHAR(128) NOT NULL,
    CONSTRAINT pk_compute_schedtagcloudregions PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagcloudregions_schedtag_id_cloudregion_id UNIQUE (schedtag_id, cloudregion_id)
);
CREATE INDEX ix_compute_schedtagcloudregions_cloudregion_id ON compute_schedtagcloudregions (cloudregion_id);
CREATE INDEX ix_compute_schedtagcloudregions_created_at_id ON compute_schedtagcloudregions (created_at, id);
CREATE TABLE compute_schedtaghosts (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    schedtag_id VARCHAR(128) NOT NULL,
    host_id VARCHAR(128) NOT NULL,
    CONSTRAINT pk_compute_schedtaghosts PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtaghosts_schedtag_id_host_id UNIQUE (schedtag_id, host_id)
);
CREATE INDEX ix_compute_schedtaghosts_created_at_id ON compute_schedtaghosts (created_at, id);
CREATE INDEX ix_compute_schedtaghosts_host_id ON compute_schedtaghosts (host_id);
CREATE TABLE compute_schedtagnetworks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    schedtag_id VARCHAR(128) NOT NULL,
    network_id VARCHAR(128) NOT NULL,
    CONSTRAINT pk_compute_schedtagnetworks PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagnetworks_schedtag_id_network_id UNIQUE (schedtag_id, network_id)
);
CREATE INDEX ix_compute_schedtagnetworks_created_at_id ON compute_schedtagnetworks (created_at, id);
CREATE INDEX ix_compute_schedtagnetworks_network_id ON compute_schedtagnetworks (network_id);
CREATE TABLE compute_schedtags (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    resource_type VARCHAR(16) DEFAULT 'hosts' NOT NULL,
    default_strategy VARCHAR(16) DEFAULT '' NOT NULL,
    placement VARCHAR(16) DEFAULT '' NOT NULL,
    domain_id VARCHAR(64),
    tenant_id VARCHAR(64),
    CONSTRAINT pk_compute_schedtags PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtags_name_resource_type UNIQUE (name, resource_type)
);
CREATE INDEX ix_compute_schedtags_created_at_name_id ON compute_schedtags (created_at, name, id);
CREATE INDEX ix_compute_schedtags_domain_id_created_at_name_id ON compute_schedtags (domain_id, created_at, name, id);
CREATE INDEX ix_compute_schedtags_resource_type ON compute_schedtags (resource_type);
CREATE INDEX ix_compute_schedtags_tenant_id_created_at_name_id ON compute_schedtags (tenant_id, created_at, name, id);
CREATE TABLE compute_schedtagstorages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    schedtag_id VARCHAR(128) NOT NULL,
    storage_id VARCHAR(128) NOT NULL,
    CONSTRAINT pk_compute_schedtagstorages PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagstorages_schedtag_id_storage_id UNIQUE (schedtag_id, storage_id)
);
CREATE INDEX ix_compute_schedtagstorages_created_at_id ON compute_schedtagstorages (created_at, id);
CREATE INDEX ix_compute_schedtagstorages_storage_id ON compute_schedtagstorages (storage_id);
CREATE TABLE compute_schedtagzones (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    schedtag_id VARCHAR(128) NOT NULL,
    zone_id VARCHAR(128) NOT NULL,
    CONSTRAINT pk_compute_schedtagzones PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagzones_schedtag_id_zone_id UNIQUE (schedtag_id, zone_id)
);
CREATE INDEX ix_compute_schedtagzones_created_at_id ON compute_schedtagzones (created_at, id);
CREATE INDEX ix_compute_schedtagzones_zone_id ON compute_schedtagzones (zone_id);
CREATE TABLE compute_servers (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    disable_delete BOOLEAN DEFAULT true NOT NULL,
    billing_type VARCHAR(36) DEFAULT 'postpaid' NOT NULL,
    billing_cycle VARCHAR(10) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOLEAN DEFAULT false NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status VARCHAR(36) DEFAULT 'init' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    hostname VARCHAR(253) DEFAULT '' NOT NULL,
    power_states VARCHAR(16) DEFAULT 'off' NOT NULL,
    vcpu_count BIGINT DEFAULT 1 NOT NULL,
    cpu_sockets BIGINT DEFAULT 1 NOT NULL,
    extra_cpu_count BIGINT DEFAULT 0 NOT NULL,
    vmem_size BIGINT NOT NULL,
    cpu_numa_pin TEXT DEFAULT '[]' NOT NULL,
    boot_order VARCHAR(8) DEFAULT 'cdn' NOT NULL,
    shutdown_behavior VARCHAR(16) DEFAULT 'stop' NOT NULL,
    shutdown_mode VARCHAR(24) DEFAULT 'keep_charging' NOT NULL,
    keypair_id VARCHAR(128),
    host_id VARCHAR(128),
    backup_host_id VARCHAR(128) DEFAULT '' NOT NULL,
    backup_guest_status VARCHAR(36) DEFAULT '' NOT NULL,
    progress_mbps DOUBLE DEFAULT (0.0) NOT NULL,
    vga VARCHAR(36) DEFAULT 'std' NOT NULL,
    vdi VARCHAR(36) DEFAULT 'vnc' NOT NULL,
    machine VARCHAR(36) DEFAULT '' NOT NULL,
    bios VARCHAR(36) DEFAULT 'BIOS' NOT NULL,
    os_type VARCHAR(36) DEFAULT '' NOT NULL,
    os_arch VARCHAR(16) DEFAULT '' NOT NULL,
    flavor_id VARCHAR(128) DEFAULT '' NOT NULL,
    secgrp_id VARCHAR(128) DEFAULT '' NOT NULL,
    admin_secgrp_id VARCHAR(128) DEFAULT '' NOT NULL,
    src_ip_check BOOLEAN DEFAULT true NOT NULL,
    src_mac_check BOOLEAN DEFAULT true NOT NULL,
    hypervisor VARCHAR(16) DEFAULT 'kvm' NOT NULL,
    instance_type VARCHAR(64) DEFAULT '' NOT NULL,
    is_daemon BOOLEAN DEFAULT false NOT NULL,
    internet_max_bandwidth_out BIGINT DEFAULT 0 NOT NULL,
    throughput BIGINT DEFAULT 0 NOT NULL,
    qga_status VARCHAR(36) DEFAULT 'unknown' NOT NULL,
    health_status VARCHAR(36) DEFAULT '' NOT NULL,
    rescue_mode BOOLEAN DEFAULT false NOT NULL,
    last_start_at BIGINT,
    ssh_port BIGINT DEFAULT 22 NOT NULL,
    sshable_last_state BOOLEAN DEFAULT false NOT NULL,
    cdrom_image_id VARCHAR(128) DEFAULT '' NOT NULL,
    cdrom_storage_id VARCHAR(128) DEFAULT '' NOT NULL,
    cdrom_boot_index BIGINT DEFAULT (-1) NOT NULL,
    had_devices BOOLEAN DEFAULT false NOT NULL,
    encrypt_key_id VARCHAR(36) DEFAULT '' NOT NULL,
    name_key VARCHAR(128) DEFAULT '' NOT NULL,
    login_account VARCHAR(32) DEFAULT '' NOT NULL,
    login_password TEXT DEFAULT '' NOT NULL,
    next_password TEXT DEFAULT '' NOT NULL,
    login_updated_at BIGINT,
    deployments BIGINT DEFAULT 0 NOT NULL,
    deploy_configs TEXT DEFAULT '' NOT NULL,
    user_data TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_compute_servers PRIMARY KEY (id),
    CONSTRAINT uq_compute_servers_name_tenant_id_name_key UNIQUE (name, tenant_id, name_key)
);
CREATE INDEX ix_compute_servers_cdrom_image_id ON compute_servers (cdrom_image_id);
CREATE INDEX ix_compute_servers_created_at_name_id_pending_del_7413e31ffd ON compute_servers (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_servers_domain_id_created_at_name_id_p_c8dd1afbad ON compute_servers (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_servers_expired_at ON compute_servers (expired_at);
CREATE INDEX ix_compute_servers_external_id ON compute_servers (external_id);
CREATE INDEX ix_compute_servers_host_id_status ON compute_servers (host_id, status);
CREATE INDEX ix_compute_servers_hypervisor ON compute_servers (hypervisor);
CREATE INDEX ix_compute_servers_id_pending_deleted_is_system ON compute_servers (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_compute_servers_keypair_id ON compute_servers (keypair_id);
CREATE INDEX ix_compute_servers_os_type ON compute_servers (os_type);
CREATE INDEX ix_compute_servers_release_at ON compute_servers (release_at);
CREATE INDEX ix_compute_servers_status ON compute_servers (status);
CREATE INDEX ix_compute_servers_tenant_id_created_at_name_id_p_a3f3de5edf ON compute_servers (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_servers_vcpu_count ON compute_servers (vcpu_count);
CREATE INDEX ix_compute_servers_vmem_size ON compute_servers (vmem_size);
CREATE TABLE compute_serverskus (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    status VARCHAR(36) DEFAULT 'init' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    name VARCHAR(128) DEFAULT '' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    zone_id VARCHAR(64),
    instance_type_family VARCHAR(32) DEFAULT '' NOT NULL,
    instance_type_category VARCHAR(32) DEFAULT 'general_purpose' NOT NULL,
    local_category VARCHAR(32) DEFAULT '' NOT NULL,
    prepaid_status VARCHAR(32) DEFAULT 'available' NOT NULL,
    postpaid_status VARCHAR(32) DEFAULT 'available' NOT NULL,
    cpu_arch VARCHAR(16) DEFAULT '' NOT NULL,
    cpu_core_count BIGINT NOT NULL,
    memory_size_mb BIGINT NOT NULL,
    cpu_model VARCHAR(64) DEFAULT '' NOT NULL,
    os_name VARCHAR(16) DEFAULT 'Any' NOT NULL,
    sys_disk_resizable BOOLEAN DEFAULT true NOT NULL,
    sys_disk_type VARCHAR(128) DEFAULT '' NOT NULL,
    sys_disk_min_size_gb BIGINT DEFAULT 0 NOT NULL,
    sys_disk_max_size_gb BIGINT DEFAULT 0 NOT NULL,
    attached_disk_type VARCHAR(32) DEFAULT '' NOT NULL,
    attached_disk_size_gb BIGINT DEFAULT 0 NOT NULL,
    attached_disk_count BIGINT DEFAULT 0 NOT NULL,
    data_disk_types VARCHAR(128) DEFAULT '' NOT NULL,
    data_disk_max_count BIGINT DEFAULT 0 NOT NULL,
    disk_performance VARCHAR(64) DEFAULT '' NOT NULL,
    nic_type VARCHAR(32) DEFAULT '' NOT NULL,
    nic_max_count BIGINT DEFAULT 1 NOT NULL,
    nic_bandwidth VARCHAR(64) DEFAULT '' NOT NULL,
    gpu_attachable BOOLEAN DEFAULT true NOT NULL,
    gpu_spec VARCHAR(128) DEFAULT '' NOT NULL,
    gpu_count VARCHAR(16) DEFAULT '' NOT NULL,
    gpu_max_count BIGINT DEFAULT 0 NOT NULL,
    hour_price DOUBLE DEFAULT (0.0) NOT NULL,
    month_price DOUBLE DEFAULT (0.0) NOT NULL,
    currency VARCHAR(16) DEFAULT '' NOT NULL,
    provider VARCHAR(64) DEFAULT 'OneCloud' NOT NULL,
    md5 VARCHAR(32) DEFAULT '' NOT NULL,
    CONSTRAINT pk_compute_serverskus PRIMARY KEY (id)
);
CREATE INDEX ix_compute_serverskus_cloudregion_id ON compute_serverskus (cloudregion_id);
CREATE INDEX ix_compute_serverskus_cpu_core_count_memory_size_mb ON compute_serverskus (cpu_core_count, memory_size_mb);
CREATE INDEX ix_compute_serverskus_created_at_name_id ON compute_serverskus (created_at, name, id);
CREATE INDEX ix_compute_serverskus_external_id ON compute_serverskus (external_id);
CREATE INDEX ix_compute_serverskus_memory_size_mb ON compute_serverskus (memory_size_mb);
CREATE INDEX ix_compute_serverskus_name ON compute_serverskus (name);
CREATE INDEX ix_compute_serverskus_provider ON compute_serverskus (provider);
CREATE INDEX ix_compute_serverskus_status ON compute_serverskus (status);
CREATE INDEX ix_compute_serverskus_zone_id ON compute_serverskus (zone_id);
CREATE TABLE compute_snapshots (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'creating' NOT NULL,
    disk_id VARCHAR(128) NOT NULL,
    storage_id VARCHAR(128) NOT NULL,
    created_by VARCHAR(36) DEFAULT 'manual' NOT NULL,
    location VARCHAR(256) DEFAULT '' NOT NULL,
    size BIGINT DEFAULT 0 NOT NULL,
    virtual_size BIGINT DEFAULT 0 NOT NULL,
    out_of_chain BOOLEAN DEFAULT true NOT NULL,
    fake_deleted BOOLEAN DEFAULT false NOT NULL,
    disk_type VARCHAR(32) DEFAULT 'data' NOT NULL,
    os_type VARCHAR(32) DEFAULT '' NOT NULL,
    os_arch VARCHAR(16) DEFAULT '' NOT NULL,
    ref_count BIGINT DEFAULT 0 NOT NULL,
    backing_disk_id VARCHAR(128) DEFAULT '' NOT NULL,
    disk_backup_id VARCHAR(128) DEFAULT '' NOT NULL,
    encrypt_key_id VARCHAR(36) DEFAULT '' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    manager_id VARCHAR(128) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    CONSTRAINT pk_compute_snapshots PRIMARY KEY (id),
    CONSTRAINT uq_compute_snapshots_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_compute_snapshots_cloudregion_id ON compute_snapshots (cloudregion_id);
CREATE INDEX ix_compute_snapshots_created_at_name_id_pending_d_1f34279540 ON compute_snapshots (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_snapshots_created_by_expired_at ON compute_snapshots (created_by, expired_at);
CREATE INDEX ix_compute_snapshots_disk_id ON compute_snapshots (disk_id);
CREATE INDEX ix_compute_snapshots_disk_type ON compute_snapshots (disk_type);
CREATE INDEX ix_compute_snapshots_domain_id_created_at_name_id_0e158a8402 ON compute_snapshots (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_snapshots_expired_at ON compute_snapshots (expired_at);
CREATE INDEX ix_compute_snapshots_external_id ON compute_snapshots (external_id);
CREATE INDEX ix_compute_snapshots_id_pending_deleted_is_system ON compute_snapshots (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_compute_snapshots_os_type ON compute_snapshots (os_type);
CREATE INDEX ix_compute_snapshots_status ON compute_snapshots (status);
CREATE INDEX ix_compute_snapshots_storage_id ON compute_snapshots (storage_id);
CREATE INDEX ix_compute_snapshots_tenant_id_created_at_name_id_c8d998e808 ON compute_snapshots (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE identity_application_credentials (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    owner_id VARCHAR(64) NOT NULL,
    project_id VARCHAR(64) NOT NULL,
    role_ids TEXT DEFAULT '[]' NOT NULL,
    unrestricted BOOLEAN DEFAULT false NOT NULL,
    expires_at BIGINT,
    secret VARCHAR(512) DEFAULT '' NOT NULL,
    CONSTRAINT pk_identity_application_credentials PRIMARY KEY (id),
    CONSTRAINT uq_identity_application_credentials_name_owner_id UNIQUE (name, owner_id)
);
CREATE INDEX ix_identity_application_credentials_created_at_name_id ON identity_application_credentials (created_at, name, id);
CREATE INDEX ix_identity_application_credentials_owner_id_crea_4dbc6bc6db ON identity_application_credentials (owner_id, created_at, name, id);
CREATE INDEX ix_identity_application_credentials_project_id ON identity_application_credentials (project_id);
CREATE TABLE identity_assignments (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    type VARCHAR(32) NOT NULL,
    actor_id VARCHAR(64) NOT NULL,
    target_id VARCHAR(64) NOT NULL,
    role_id VARCHAR(64) NOT NULL,
    CONSTRAINT pk_identity_assignments PRIMARY KEY (id),
    CONSTRAINT uq_identity_assignments_type_actor_id_target_id_role_id UNIQUE (type, actor_id, target_id, role_id)
);
CREATE INDEX ix_identity_assignments_actor_id ON identity_assignments (actor_id);
CREATE INDEX ix_identity_assignments_created_at_id ON identity_assignments (created_at, id);
CREATE INDEX ix_identity_assignments_role_id ON identity_assignments (role_id);
CREATE INDEX ix_identity_assignments_target_id ON identity_assignments (target_id);
CREATE TABLE identity_credentials (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    owner_id VARCHAR(64) NOT NULL,
    name VARCHAR(128) DEFAULT '' NOT NULL,
    type VARCHAR(32) NOT NULL,
    project_id VARCHAR(64),
    enabled BOOLEAN DEFAULT true NOT NULL,
    expired_at BIGINT,
    blob TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_identity_credentials PRIMARY KEY (id)
);
CREATE INDEX ix_identity_credentials_created_at_name_id ON identity_credentials (created_at, name, id);
CREATE INDEX ix_identity_credentials_name ON identity_credentials (name);
CREATE INDEX ix_identity_credentials_owner_id_created_at_name_id ON identity_credentials (owner_id, created_at, name, id);
CREATE INDEX ix_identity_credentials_project_id ON identity_credentials (project_id);
CREATE INDEX ix_identity_credentials_type ON identity_credentials (type);
CREATE TABLE identity_domains (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    displayname VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT pk_identity_domains PRIMARY KEY (id),
    CONSTRAINT uq_identity_domains_name UNIQUE (name)
);
CREATE INDEX ix_identity_domains_created_at_name_id ON identity_domains (created_at, name, id);
CREATE TABLE identity_endpoints (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    name VARCHAR(128) DEFAULT '' NOT NULL,
    service_id VARCHAR(64) NOT NULL,
    region_id VARCHAR(255) NOT NULL,
    interface VARCHAR(8) NOT NULL,
    url VARCHAR(512) NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    CONSTRAINT pk_identity_endpoints PRIMARY KEY (id),
    CONSTRAINT uq_identity_endpoints_service_id_region_id_interface UNIQUE (service_id, region_id, interface)
);
CREATE INDEX ix_identity_endpoints_created_at_name_id ON identity_endpoints (created_at, name, id);
CREATE INDEX ix_identity_endpoints_region_id ON identity_endpoints (region_id);
CREATE TABLE identity_groups (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    displayname VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT pk_identity_groups PRIMARY KEY (id),
    CONSTRAINT uq_identity_groups_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_groups_created_at_name_id ON identity_groups (created_at, name, id);
CREATE INDEX ix_identity_groups_domain_id_created_at_name_id ON identity_groups (domain_id, created_at, name, id);
CREATE TABLE identity_memberships (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    group_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    CONSTRAINT pk_identity_memberships PRIMARY KEY (id),
    CONSTRAINT uq_identity_memberships_group_id_user_id UNIQUE (group_id, user_id)
);
CREATE INDEX ix_identity_memberships_created_at_id ON identity_memberships (created_at, id);
CREATE INDEX ix_identity_memberships_user_id ON identity_memberships (user_id);
CREATE TABLE identity_passwords (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    hash VARCHAR(512) NOT NULL,
    earlier TEXT DEFAULT '[]' NOT NULL,
    reset_hint VARCHAR(16) DEFAULT '' NOT NULL,
    expires_at BIGINT,
    failed_count BIGINT DEFAULT 0 NOT NULL,
    failed_at BIGINT,
    locked_until BIGINT,
    CONSTRAINT pk_identity_passwords PRIMARY KEY (id),
    CONSTRAINT uq_identity_passwords_user_id UNIQUE (user_id)
);
CREATE INDEX ix_identity_passwords_created_at_id ON identity_passwords (created_at, id);
CREATE TABLE identity_policies (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    name VARCHAR(128) NOT NULL,
    scope VARCHAR(16) DEFAULT 'project' NOT NULL,
    blob TEXT DEFAULT '{}' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    domain_tags TEXT DEFAULT '[]' NOT NULL,
    project_tags TEXT DEFAULT '[]' NOT NULL,
    object_tags TEXT DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_identity_policies PRIMARY KEY (id),
    CONSTRAINT uq_identity_policies_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_policies_created_at_name_id_is_system ON identity_policies (created_at, name, id, is_system);
CREATE INDEX ix_identity_policies_domain_id_created_at_name_id_is_system ON identity_policies (domain_id, created_at, name, id, is_system);
CREATE TABLE identity_projects (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    displayname VARCHAR(128) DEFAULT '' NOT NULL,
    admin_id VARCHAR(64),
    CONSTRAINT pk_identity_projects PRIMARY KEY (id),
    CONSTRAINT uq_identity_projects_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_projects_admin_id ON identity_projects (admin_id);
CREATE INDEX ix_identity_projects_created_at_name_id ON identity_projects (created_at, name, id);
CREATE INDEX ix_identity_projects_domain_id_created_at_name_id ON identity_projects (domain_id, created_at, name, id);
CREATE TABLE identity_regions (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    parent_region_id VARCHAR(255) DEFAULT '' NOT NULL,
    CONSTRAINT pk_identity_regions PRIMARY KEY (id)
);
CREATE INDEX ix_identity_regions_created_at_name_id ON identity_regions (created_at, name, id);
CREATE INDEX ix_identity_regions_name ON identity_regions (name);
CREATE TABLE identity_revocations (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    kind VARCHAR(16) NOT NULL,
    target_id VARCHAR(128) NOT NULL,
    "before" BIGINT NOT NULL,
    CONSTRAINT pk_identity_revocations PRIMARY KEY (id),
    CONSTRAINT uq_identity_revocations_kind_target_id UNIQUE (kind, target_id)
);
CREATE INDEX ix_identity_revocations_created_at_id ON identity_revocations (created_at, id);
CREATE INDEX ix_identity_revocations_target_id ON identity_revocations (target_id);
CREATE TABLE identity_rolepolicies (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    role_id VARCHAR(64) DEFAULT '' NOT NULL,
    project_id VARCHAR(64) DEFAULT '' NOT NULL,
    policy_id VARCHAR(64) NOT NULL,
    auth BOOLEAN DEFAULT true NOT NULL,
    ips TEXT DEFAULT '[]' NOT NULL,
    valid_since BIGINT,
    valid_until BIGINT,
    CONSTRAINT pk_identity_rolepolicies PRIMARY KEY (id),
    CONSTRAINT uq_identity_rolepolicies_role_id_project_id_policy_id UNIQUE (role_id, project_id, policy_id)
);
CREATE INDEX ix_identity_rolepolicies_created_at_id ON identity_rolepolicies (created_at, id);
CREATE INDEX ix_identity_rolepolicies_policy_id ON identity_rolepolicies (policy_id);
CREATE INDEX ix_identity_rolepolicies_project_id ON identity_rolepolicies (project_id);
CREATE TABLE identity_roles (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    displayname VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT pk_identity_roles PRIMARY KEY (id),
    CONSTRAINT uq_identity_roles_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_roles_created_at_name_id ON identity_roles (created_at, name, id);
CREATE INDEX ix_identity_roles_domain_id_created_at_name_id ON identity_roles (domain_id, created_at, name, id);
CREATE TABLE identity_services (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    name VARCHAR(128) DEFAULT '' NOT NULL,
    type VARCHAR(64) NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    config_version BIGINT DEFAULT 0 NOT NULL,
    config TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_identity_services PRIMARY KEY (id),
    CONSTRAINT uq_identity_services_name UNIQUE (name)
);
CREATE INDEX ix_identity_services_created_at_name_id ON identity_services (created_at, name, id);
CREATE INDEX ix_identity_services_type ON identity_services (type);
CREATE TABLE identity_users (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    displayname VARCHAR(128) DEFAULT '' NOT NULL,
    email VARCHAR(255) DEFAULT '' NOT NULL,
    mobile VARCHAR(20) DEFAULT '' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    is_system_account BOOLEAN DEFAULT false NOT NULL,
    allow_web_console BOOLEAN DEFAULT true NOT NULL,
    enable_mfa BOOLEAN DEFAULT false NOT NULL,
    lang VARCHAR(8) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    default_project_id VARCHAR(64),
    last_active_at BIGINT,
    last_login_ip VARCHAR(64) DEFAULT '' NOT NULL,
    last_login_source VARCHAR(36) DEFAULT '' NOT NULL,
    CONSTRAINT pk_identity_users PRIMARY KEY (id),
    CONSTRAINT uq_identity_users_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_users_created_at_name_id ON identity_users (created_at, name, id);
CREATE INDEX ix_identity_users_default_project_id ON identity_users (default_project_id);
CREATE INDEX ix_identity_users_domain_id_created_at_name_id ON identity_users (domain_id, created_at, name, id);
CREATE TABLE image_guestimages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    status VARCHAR(36) DEFAULT 'queued' NOT NULL,
    protected BOOLEAN DEFAULT true NOT NULL,
    os_arch VARCHAR(16) DEFAULT '' NOT NULL,
    properties TEXT DEFAULT '{}' NOT NULL,
    name_key VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT pk_image_guestimages PRIMARY KEY (id),
    CONSTRAINT uq_image_guestimages_name_tenant_id_name_key UNIQUE (name, tenant_id, name_key)
);
CREATE INDEX ix_image_guestimages_created_at_name_id_pending_d_e1eb3eadc7 ON image_guestimages (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_guestimages_domain_id_created_at_name_id_cf19c5a035 ON image_guestimages (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_guestimages_id_pending_deleted_is_system ON image_guestimages (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_image_guestimages_status ON image_guestimages (status);
CREATE INDEX ix_image_guestimages_tenant_id_created_at_name_id_edecda0e5d ON image_guestimages (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE image_images (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    status VARCHAR(36) DEFAULT 'queued' NOT NULL,
    size BIGINT DEFAULT 0 NOT NULL,
    virtual_size BIGINT DEFAULT 0 NOT NULL,
    disk_format VARCHAR(20) DEFAULT 'raw' NOT NULL,
    min_disk BIGINT DEFAULT 0 NOT NULL,
    min_ram BIGINT DEFAULT 0 NOT NULL,
    checksum VARCHAR(32) DEFAULT '' NOT NULL,
    fast_hash VARCHAR(32) DEFAULT '' NOT NULL,
    sha256 VARCHAR(64) DEFAULT '' NOT NULL,
    protected BOOLEAN DEFAULT true NOT NULL,
    is_standard BOOLEAN DEFAULT false NOT NULL,
    is_guest_image BOOLEAN DEFAULT false NOT NULL,
    is_data BOOLEAN DEFAULT false NOT NULL,
    guest_image_id VARCHAR(128),
    disk_index BIGINT DEFAULT 0 NOT NULL,
    os_type VARCHAR(32) DEFAULT '' NOT NULL,
    os_distribution VARCHAR(64) DEFAULT '' NOT NULL,
    os_version VARCHAR(64) DEFAULT '' NOT NULL,
    os_arch VARCHAR(16) DEFAULT '' NOT NULL,
    encrypt_key_id VARCHAR(36) DEFAULT '' NOT NULL,
    encrypt_status VARCHAR(16) DEFAULT 'unencrypted' NOT NULL,
    oss_checksum VARCHAR(64) DEFAULT '' NOT NULL,
    location VARCHAR(256) DEFAULT '' NOT NULL,
    properties TEXT DEFAULT '{}' NOT NULL,
    uploader VARCHAR(64) DEFAULT '' NOT NULL,
    quota_held BOOLEAN DEFAULT false NOT NULL,
    copy_from TEXT DEFAULT '' NOT NULL,
    staged_key VARCHAR(200) DEFAULT '' NOT NULL,
    store_key VARCHAR(200) DEFAULT '' NOT NULL,
    name_key VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT pk_image_images PRIMARY KEY (id),
    CONSTRAINT uq_image_images_name_tenant_id_name_key UNIQUE (name, tenant_id, name_key)
);
CREATE INDEX ix_image_images_created_at_name_id_pending_deleted_is_system ON image_images (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_images_disk_format ON image_images (disk_format);
CREATE INDEX ix_image_images_domain_id_created_at_name_id_pend_1ccad6f329 ON image_images (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_images_guest_image_id ON image_images (guest_image_id);
CREATE INDEX ix_image_images_id_pending_deleted_is_system ON image_images (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_image_images_status ON image_images (status);
CREATE INDEX ix_image_images_tenant_id_created_at_name_id_pend_d8cabbf734 ON image_images (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE image_subimages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    image_id VARCHAR(128) NOT NULL,
    format VARCHAR(20) NOT NULL,
    status VARCHAR(36) DEFAULT 'queued' NOT NULL,
    size BIGINT DEFAULT 0 NOT NULL,
    checksum VARCHAR(32) DEFAULT '' NOT NULL,
    fast_hash VARCHAR(32) DEFAULT '' NOT NULL,
    sha256 VARCHAR(64) DEFAULT '' NOT NULL,
    store_key VARCHAR(200) DEFAULT '' NOT NULL,
    CONSTRAINT pk_image_subimages PRIMARY KEY (id),
    CONSTRAINT uq_image_subimages_image_id_format UNIQUE (image_id, format)
);
CREATE INDEX ix_image_subimages_created_at_id ON image_subimages (created_at, id);
CREATE INDEX ix_image_subimages_status ON image_subimages (status);
CREATE TABLE infrastructure_cloudregions (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'inservice' NOT NULL,
    environment VARCHAR(32) DEFAULT '' NOT NULL,
    provider VARCHAR(64) DEFAULT 'OneCloud' NOT NULL,
    latitude DOUBLE,
    longitude DOUBLE,
    city VARCHAR(32) DEFAULT '' NOT NULL,
    country_code VARCHAR(4) DEFAULT '' NOT NULL,
    CONSTRAINT pk_infrastructure_cloudregions PRIMARY KEY (id),
    CONSTRAINT uq_infrastructure_cloudregions_name UNIQUE (name)
);
CREATE INDEX ix_infrastructure_cloudregions_created_at_name_id ON infrastructure_cloudregions (created_at, name, id);
CREATE INDEX ix_infrastructure_cloudregions_external_id ON infrastructure_cloudregions (external_id);
CREATE INDEX ix_infrastructure_cloudregions_provider ON infrastructure_cloudregions (provider);
CREATE INDEX ix_infrastructure_cloudregions_status ON infrastructure_cloudregions (status);
CREATE TABLE infrastructure_hosts (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    billing_type VARCHAR(36) DEFAULT 'postpaid' NOT NULL,
    billing_cycle VARCHAR(10) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOLEAN DEFAULT false NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    status VARCHAR(36) DEFAULT 'init' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    zone_id VARCHAR(128) NOT NULL,
    hostname VARCHAR(60) DEFAULT '' NOT NULL,
    rack VARCHAR(16) DEFAULT '' NOT NULL,
    slots VARCHAR(16) DEFAULT '' NOT NULL,
    access_mac VARCHAR(32),
    access_ip VARCHAR(64) DEFAULT '' NOT NULL,
    manager_uri VARCHAR(256) DEFAULT '' NOT NULL,
    migrate_uri VARCHAR(256) DEFAULT '' NOT NULL,
    sys_info TEXT DEFAULT '{}' NOT NULL,
    sn VARCHAR(128) DEFAULT '' NOT NULL,
    cpu_count BIGINT DEFAULT 0 NOT NULL,
    node_count BIGINT DEFAULT 0 NOT NULL,
    cpu_desc VARCHAR(128) DEFAULT '' NOT NULL,
    cpu_mhz BIGINT DEFAULT 0 NOT NULL,
    cpu_cache BIGINT DEFAULT 0 NOT NULL,
    cpu_reserved BIGINT DEFAULT 0 NOT NULL,
    cpu_cmtbound DOUBLE,
    cpu_microcode VARCHAR(64) DEFAULT '' NOT NULL,
    cpu_architecture VARCHAR(16) DEFAULT '' NOT NULL,
    kvm_cap_max_vcpu BIGINT DEFAULT 0 NOT NULL,
    mem_size BIGINT DEFAULT 0 NOT NULL,
    mem_reserved BIGINT DEFAULT 0 NOT NULL,
    mem_cmtbound DOUBLE,
    page_size_kb BIGINT DEFAULT 4 NOT NULL,
    enable_numa_allocate BOOLEAN DEFAULT false NOT NULL,
    topology TEXT DEFAULT '[]' NOT NULL,
    storage_size BIGINT DEFAULT 0 NOT NULL,
    storage_type VARCHAR(20) DEFAULT '' NOT NULL,
    storage_driver VARCHAR(20) DEFAULT '' NOT NULL,
    storage_info TEXT DEFAULT '[]' NOT NULL,
    root_partition_used_capacity_mb BIGINT DEFAULT 0 NOT NULL,
    memory_used_mb BIGINT DEFAULT 0 NOT NULL,
    cpu_usage_percent DOUBLE DEFAULT (0.0) NOT NULL,
    ipmi_ip VARCHAR(64) DEFAULT '' NOT NULL,
    ipmi_info TEXT DEFAULT '{}' NOT NULL,
    host_status VARCHAR(16) DEFAULT 'offline' NOT NULL,
    host_type VARCHAR(36) DEFAULT 'hypervisor' NOT NULL,
    version VARCHAR(64) DEFAULT '' NOT NULL,
    ovn_version VARCHAR(64) DEFAULT '' NOT NULL,
    is_baremetal BOOLEAN DEFAULT false NOT NULL,
    is_maintenance BOOLEAN DEFAULT false NOT NULL,
    last_ping_at BIGINT,
    enable_health_check BOOLEAN DEFAULT false NOT NULL,
    resource_type VARCHAR(36) DEFAULT 'shared' NOT NULL,
    real_external_id VARCHAR(256) DEFAULT '' NOT NULL,
    is_import BOOLEAN DEFAULT false NOT NULL,
    enable_pxe_boot BOOLEAN DEFAULT true NOT NULL,
    uuid VARCHAR(64) DEFAULT '' NOT NULL,
    boot_mode VARCHAR(8) DEFAULT '' NOT NULL,
    ovn_mapped_ip_addr VARCHAR(16) DEFAULT '' NOT NULL,
    ovn_mapped_ip6_addr VARCHAR(64) DEFAULT '' NOT NULL,
    uefi_info TEXT DEFAULT '{}' NOT NULL,
    public_ip VARCHAR(64) DEFAULT '' NOT NULL,
    CONSTRAINT pk_infrastructure_hosts PRIMARY KEY (id),
    CONSTRAINT uq_infrastructure_hosts_name_domain_id UNIQUE (name, domain_id),
    CONSTRAINT uq_infrastructure_hosts_access_mac UNIQUE (access_mac)
);
CREATE INDEX ix_infrastructure_hosts_cpu_architecture ON infrastructure_hosts (cpu_architecture);
CREATE INDEX ix_infrastructure_hosts_created_at_name_id ON infrastructure_hosts (created_at, name, id);
CREATE INDEX ix_infrastructure_hosts_domain_id_created_at_name_id ON infrastructure_hosts (domain_id, created_at, name, id);
CREATE INDEX ix_infrastructure_hosts_external_id ON infrastructure_hosts (external_id);
CREATE INDEX ix_infrastructure_hosts_host_status ON infrastructure_hosts (host_status);
CREATE INDEX ix_infrastructure_hosts_host_type ON infrastructure_hosts (host_type);
CREATE INDEX ix_infrastructure_hosts_status ON infrastructure_hosts (status);
CREATE INDEX ix_infrastructure_hosts_zone_id ON infrastructure_hosts (zone_id);
CREATE TABLE infrastructure_processes (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    deployment VARCHAR(64) NOT NULL,
    machine VARCHAR(128) DEFAULT '' NOT NULL,
    proof VARCHAR(200) DEFAULT '' NOT NULL,
    folder VARCHAR(200) DEFAULT '' NOT NULL,
    url VARCHAR(255) DEFAULT '' NOT NULL,
    hosts TEXT DEFAULT '[]' NOT NULL,
    lease_until BIGINT,
    CONSTRAINT pk_infrastructure_processes PRIMARY KEY (id)
);
CREATE INDEX ix_infrastructure_processes_created_at_id ON infrastructure_processes (created_at, id);
CREATE INDEX ix_infrastructure_processes_lease_until ON infrastructure_processes (lease_until);
CREATE TABLE infrastructure_sharedresources (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    resource_type VARCHAR(64) NOT NULL,
    resource_id VARCHAR(128) NOT NULL,
    target_type VARCHAR(16) NOT NULL,
    target_id VARCHAR(64) NOT NULL,
    CONSTRAINT pk_infrastructure_sharedresources PRIMARY KEY (id),
    CONSTRAINT uq_infrastructure_sharedresources_resource_id_res_8575de31e7 UNIQUE (resource_id, resource_type, target_type, target_id)
);
CREATE INDEX ix_infrastructure_sharedresources_created_at_id ON infrastructure_sharedresources (created_at, id);
CREATE INDEX ix_infrastructure_sharedresources_target_id ON infrastructure_sharedresources (target_id);
CREATE TABLE infrastructure_zones (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'enable' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    placement VARCHAR(16) DEFAULT '' NOT NULL,
    location VARCHAR(256) DEFAULT '' NOT NULL,
    contacts VARCHAR(256) DEFAULT '' NOT NULL,
    name_cn VARCHAR(256) DEFAULT '' NOT NULL,
    manager_uri VARCHAR(256) DEFAULT '' NOT NULL,
    CONSTRAINT pk_infrastructure_zones PRIMARY KEY (id),
    CONSTRAINT uq_infrastructure_zones_name_cloudregion_id UNIQUE (name, cloudregion_id)
);
CREATE INDEX ix_infrastructure_zones_cloudregion_id ON infrastructure_zones (cloudregion_id);
CREATE INDEX ix_infrastructure_zones_created_at_name_id ON infrastructure_zones (created_at, name, id);
CREATE INDEX ix_infrastructure_zones_external_id ON infrastructure_zones (external_id);
CREATE INDEX ix_infrastructure_zones_status ON infrastructure_zones (status);
CREATE TABLE network_eips (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    billing_type VARCHAR(36) DEFAULT 'postpaid' NOT NULL,
    billing_cycle VARCHAR(10) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOLEAN DEFAULT false NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'ready' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    network_id VARCHAR(128),
    mode VARCHAR(32) DEFAULT 'elastic_ip' NOT NULL,
    ip_addr VARCHAR(16) DEFAULT '' NOT NULL,
    associate_type VARCHAR(32) DEFAULT '' NOT NULL,
    associate_id VARCHAR(128) DEFAULT '' NOT NULL,
    bandwidth BIGINT DEFAULT 0 NOT NULL,
    bgp_type VARCHAR(64) DEFAULT '' NOT NULL,
    charge_type VARCHAR(32) DEFAULT 'traffic' NOT NULL,
    auto_dellocate BOOLEAN DEFAULT false NOT NULL,
    rx_bw_limit BIGINT DEFAULT 0 NOT NULL,
    tx_bw_limit BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_network_eips PRIMARY KEY (id),
    CONSTRAINT uq_network_eips_network_id_ip_addr UNIQUE (network_id, ip_addr),
    CONSTRAINT uq_network_eips_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_network_eips_associate_id ON network_eips (associate_id);
CREATE INDEX ix_network_eips_associate_type ON network_eips (associate_type);
CREATE INDEX ix_network_eips_cloudregion_id ON network_eips (cloudregion_id);
CREATE INDEX ix_network_eips_created_at_name_id_pending_deleted_is_system ON network_eips (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_eips_domain_id_created_at_name_id_pend_7d4ebc3660 ON network_eips (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_eips_external_id ON network_eips (external_id);
CREATE INDEX ix_network_eips_id_pending_deleted_is_system ON network_eips (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_network_eips_ip_addr ON network_eips (ip_addr);
CREATE INDEX ix_network_eips_status ON network_eips (status);
CREATE INDEX ix_network_eips_tenant_id_created_at_name_id_pend_47f49ec149 ON network_eips (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE network_network_ip_macs (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    network_id VARCHAR(128) NOT NULL,
    ip_addr VARCHAR(16) NOT NULL,
    mac_addr VARCHAR(32) NOT NULL,
    CONSTRAINT pk_network_network_ip_macs PRIMARY KEY (id),
    CONSTRAINT uq_network_network_ip_macs_network_id_ip_addr UNIQUE (network_id, ip_addr),
    CONSTRAINT uq_network_network_ip_macs_network_id_mac_addr UNIQUE (network_id, mac_addr)
);
CREATE INDEX ix_network_network_ip_macs_created_at_id ON network_network_ip_macs (created_at, id);
CREATE INDEX ix_network_network_ip_macs_ip_addr ON network_network_ip_macs (ip_addr);
CREATE INDEX ix_network_network_ip_macs_mac_addr ON network_network_ip_macs (mac_addr);
CREATE TABLE network_networks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    status VARCHAR(36) DEFAULT 'available' NOT NULL,
    wire_id VARCHAR(128) NOT NULL,
    ifname_hint VARCHAR(9) DEFAULT '' NOT NULL,
    guest_ip_start VARCHAR(16) DEFAULT '' NOT NULL,
    guest_ip_end VARCHAR(16) DEFAULT '' NOT NULL,
    guest_ip_mask BIGINT DEFAULT 0 NOT NULL,
    guest_gateway VARCHAR(16) DEFAULT '' NOT NULL,
    guest_dns VARCHAR(128) DEFAULT '' NOT NULL,
    guest_dhcp VARCHAR(64) DEFAULT '' NOT NULL,
    guest_ntp VARCHAR(200) DEFAULT '' NOT NULL,
    guest_domain VARCHAR(128) DEFAULT '' NOT NULL,
    guest_ip6_start VARCHAR(64) DEFAULT '' NOT NULL,
    guest_ip6_end VARCHAR(64) DEFAULT '' NOT NULL,
    guest_ip6_mask BIGINT DEFAULT 0 NOT NULL,
    guest_gateway6 VARCHAR(64) DEFAULT '' NOT NULL,
    vlan_id BIGINT DEFAULT 1 NOT NULL,
    server_type VARCHAR(16) DEFAULT 'guest' NOT NULL,
    alloc_policy VARCHAR(16) DEFAULT 'none' NOT NULL,
    alloc_timout_seconds BIGINT DEFAULT 0 NOT NULL,
    is_auto_alloc BOOLEAN DEFAULT true NOT NULL,
    bgp_type VARCHAR(64) DEFAULT '' NOT NULL,
    group_count BIGINT DEFAULT 0 NOT NULL,
    bound_count BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_network_networks PRIMARY KEY (id),
    CONSTRAINT uq_network_networks_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_network_networks_created_at_name_id_pending_de_704f9094bb ON network_networks (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_networks_domain_id_created_at_name_id__3d092f6d95 ON network_networks (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_networks_external_id ON network_networks (external_id);
CREATE INDEX ix_network_networks_id_pending_deleted_is_system ON network_networks (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_network_networks_status ON network_networks (status);
CREATE INDEX ix_network_networks_tenant_id_created_at_name_id__d4537e50c7 ON network_networks (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_networks_wire_id ON network_networks (wire_id);
CREATE TABLE network_reservedips (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    network_id VARCHAR(128) NOT NULL,
    ip_addr VARCHAR(16) NOT NULL,
    ip6_addr VARCHAR(64) DEFAULT '' NOT NULL,
    notes VARCHAR(512) DEFAULT '' NOT NULL,
    expired_at BIGINT,
    status VARCHAR(12) DEFAULT 'unknown' NOT NULL,
    CONSTRAINT pk_network_reservedips PRIMARY KEY (id),
    CONSTRAINT uq_network_reservedips_network_id_ip_addr UNIQUE (network_id, ip_addr)
);
CREATE INDEX ix_network_reservedips_created_at_id ON network_reservedips (created_at, id);
CREATE INDEX ix_network_reservedips_ip_addr ON network_reservedips (ip_addr);
CREATE TABLE network_secgrouprules (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'available' NOT NULL,
    secgroup_id VARCHAR(128) NOT NULL,
    priority BIGINT DEFAULT 1 NOT NULL,
    protocol VARCHAR(8) NOT NULL,
    ports VARCHAR(512) DEFAULT '' NOT NULL,
    direction VARCHAR(4) NOT NULL,
    cidr VARCHAR(64) DEFAULT '' NOT NULL,
    action VARCHAR(8) NOT NULL,
    description VARCHAR(256) DEFAULT '' NOT NULL,
    target_type VARCHAR(16) DEFAULT 'cidr' NOT NULL,
    CONSTRAINT pk_network_secgrouprules PRIMARY KEY (id)
);
CREATE INDEX ix_network_secgrouprules_created_at_id ON network_secgrouprules (created_at, id);
CREATE INDEX ix_network_secgrouprules_external_id ON network_secgrouprules (external_id);
CREATE INDEX ix_network_secgrouprules_priority ON network_secgrouprules (priority);
CREATE INDEX ix_network_secgrouprules_secgroup_id ON network_secgrouprules (secgroup_id);
CREATE INDEX ix_network_secgrouprules_status ON network_secgrouprules (status);
CREATE TABLE network_secgroups (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    status VARCHAR(36) DEFAULT 'ready' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    vpc_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    is_dirty BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_network_secgroups PRIMARY KEY (id),
    CONSTRAINT uq_network_secgroups_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_network_secgroups_cloudregion_id ON network_secgroups (cloudregion_id);
CREATE INDEX ix_network_secgroups_created_at_name_id_pending_d_1801d5ba72 ON network_secgroups (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_secgroups_domain_id_created_at_name_id_7dfb829240 ON network_secgroups (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_secgroups_external_id ON network_secgroups (external_id);
CREATE INDEX ix_network_secgroups_id_pending_deleted_is_system ON network_secgroups (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_network_secgroups_status ON network_secgroups (status);
CREATE INDEX ix_network_secgroups_tenant_id_created_at_name_id_adc9ab60d3 ON network_secgroups (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_secgroups_vpc_id ON network_secgroups (vpc_id);
CREATE TABLE network_vpcs (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    status VARCHAR(36) DEFAULT 'available' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    is_default BOOLEAN DEFAULT false NOT NULL,
    cidr_block VARCHAR(256) DEFAULT '' NOT NULL,
    cidr_block6 VARCHAR(256) DEFAULT '' NOT NULL,
    external_access_mode VARCHAR(16) DEFAULT 'none' NOT NULL,
    direct BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_network_vpcs PRIMARY KEY (id),
    CONSTRAINT uq_network_vpcs_name_domain_id_cloudregion_id UNIQUE (name, domain_id, cloudregion_id)
);
CREATE INDEX ix_network_vpcs_cloudregion_id ON network_vpcs (cloudregion_id);
CREATE INDEX ix_network_vpcs_created_at_name_id ON network_vpcs (created_at, name, id);
CREATE INDEX ix_network_vpcs_domain_id_created_at_name_id ON network_vpcs (domain_id, created_at, name, id);
CREATE INDEX ix_network_vpcs_external_id ON network_vpcs (external_id);
CREATE INDEX ix_network_vpcs_status ON network_vpcs (status);
CREATE TABLE network_wires (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    status VARCHAR(36) DEFAULT 'available' NOT NULL,
    vpc_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    zone_id VARCHAR(128),
    bandwidth BIGINT DEFAULT 1000 NOT NULL,
    mtu BIGINT DEFAULT 1500 NOT NULL,
    schedule_rank BIGINT DEFAULT 0 NOT NULL,
    ranges_version BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_network_wires PRIMARY KEY (id),
    CONSTRAINT uq_network_wires_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_network_wires_created_at_name_id ON network_wires (created_at, name, id);
CREATE INDEX ix_network_wires_domain_id_created_at_name_id ON network_wires (domain_id, created_at, name, id);
CREATE INDEX ix_network_wires_external_id ON network_wires (external_id);
CREATE INDEX ix_network_wires_status ON network_wires (status);
CREATE INDEX ix_network_wires_vpc_id ON network_wires (vpc_id);
CREATE INDEX ix_network_wires_zone_id ON network_wires (zone_id);
CREATE TABLE quota_quota_alerts (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) DEFAULT '' NOT NULL,
    family VARCHAR(32) NOT NULL,
    counter VARCHAR(32) NOT NULL,
    field VARCHAR(32) NOT NULL,
    keys VARCHAR(512) DEFAULT '' NOT NULL,
    percent BIGINT NOT NULL,
    used BIGINT NOT NULL,
    bound BIGINT NOT NULL,
    CONSTRAINT pk_quota_quota_alerts PRIMARY KEY (id),
    CONSTRAINT uq_quota_quota_alerts_domain_id_tenant_id_field_keys UNIQUE (domain_id, tenant_id, field, keys)
);
CREATE INDEX ix_quota_quota_alerts_created_at_id ON quota_quota_alerts (created_at, id);
CREATE INDEX ix_quota_quota_alerts_domain_id_created_at_id ON quota_quota_alerts (domain_id, created_at, id);
CREATE INDEX ix_quota_quota_alerts_tenant_id_created_at_id ON quota_quota_alerts (tenant_id, created_at, id);
CREATE TABLE quota_quota_reservations (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    amounts TEXT DEFAULT '{}' NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT pk_quota_quota_reservations PRIMARY KEY (id)
);
CREATE INDEX ix_quota_quota_reservations_created_at_name_id_pe_9771667c7a ON quota_quota_reservations (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_quota_quota_reservations_domain_id_created_at__ad0f54289c ON quota_quota_reservations (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_quota_quota_reservations_expires_at ON quota_quota_reservations (expires_at);
CREATE INDEX ix_quota_quota_reservations_id_pending_deleted_is_system ON quota_quota_reservations (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_quota_quota_reservations_name ON quota_quota_reservations (name);
CREATE INDEX ix_quota_quota_reservations_tenant_id_created_at__485510e36b ON quota_quota_reservations (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE quota_quotalimits (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) DEFAULT '' NOT NULL,
    keys VARCHAR(512) DEFAULT '' NOT NULL,
    alert_at VARCHAR(64) DEFAULT '' NOT NULL,
    count BIGINT DEFAULT (-2) NOT NULL,
    cpu BIGINT DEFAULT (-2) NOT NULL,
    memory BIGINT DEFAULT (-2) NOT NULL,
    storage BIGINT DEFAULT (-2) NOT NULL,
    isolated_device BIGINT DEFAULT (-2) NOT NULL,
    snapshot BIGINT DEFAULT (-2) NOT NULL,
    instance_snapshot BIGINT DEFAULT (-2) NOT NULL,
    instancegroup BIGINT DEFAULT (-2) NOT NULL,
    eip BIGINT DEFAULT (-2) NOT NULL,
    port BIGINT DEFAULT (-2) NOT NULL,
    eport BIGINT DEFAULT (-2) NOT NULL,
    bucket BIGINT DEFAULT (-2) NOT NULL,
    object_gb BIGINT DEFAULT (-2) NOT NULL,
    object_cnt BIGINT DEFAULT (-2) NOT NULL,
    rds BIGINT DEFAULT (-2) NOT NULL,
    cache BIGINT DEFAULT (-2) NOT NULL,
    mongodb BIGINT DEFAULT (-2) NOT NULL,
    loadbalancer BIGINT DEFAULT (-2) NOT NULL,
    secgroup BIGINT DEFAULT (-2) NOT NULL,
    cloudaccount BIGINT DEFAULT (-2) NOT NULL,
    globalvpc BIGINT DEFAULT (-2) NOT NULL,
    dns_zone BIGINT DEFAULT (-2) NOT NULL,
    image BIGINT DEFAULT (-2) NOT NULL,
    host BIGINT DEFAULT (-2) NOT NULL,
    vpc BIGINT DEFAULT (-2) NOT NULL,
    identity_user BIGINT DEFAULT (-2) NOT NULL,
    identity_group BIGINT DEFAULT (-2) NOT NULL,
    identity_project BIGINT DEFAULT (-2) NOT NULL,
    identity_role BIGINT DEFAULT (-2) NOT NULL,
    identity_policy BIGINT DEFAULT (-2) NOT NULL,
    CONSTRAINT pk_quota_quotalimits PRIMARY KEY (id),
    CONSTRAINT uq_quota_quotalimits_domain_id_tenant_id_keys UNIQUE (domain_id, tenant_id, keys)
);
CREATE INDEX ix_quota_quotalimits_created_at_id ON quota_quotalimits (created_at, id);
CREATE INDEX ix_quota_quotalimits_domain_id_created_at_id ON quota_quotalimits (domain_id, created_at, id);
CREATE INDEX ix_quota_quotalimits_tenant_id_created_at_id ON quota_quotalimits (tenant_id, created_at, id);
CREATE TABLE quota_quotausages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    count BIGINT DEFAULT 0 NOT NULL,
    cpu BIGINT DEFAULT 0 NOT NULL,
    memory BIGINT DEFAULT 0 NOT NULL,
    storage BIGINT DEFAULT 0 NOT NULL,
    snapshot BIGINT DEFAULT 0 NOT NULL,
    instance_snapshot BIGINT DEFAULT 0 NOT NULL,
    instancegroup BIGINT DEFAULT 0 NOT NULL,
    eip BIGINT DEFAULT 0 NOT NULL,
    secgroup BIGINT DEFAULT 0 NOT NULL,
    image BIGINT DEFAULT 0 NOT NULL,
    host BIGINT DEFAULT 0 NOT NULL,
    vpc BIGINT DEFAULT 0 NOT NULL,
    identity_user BIGINT DEFAULT 0 NOT NULL,
    identity_group BIGINT DEFAULT 0 NOT NULL,
    identity_project BIGINT DEFAULT 0 NOT NULL,
    identity_role BIGINT DEFAULT 0 NOT NULL,
    identity_policy BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_quota_quotausages PRIMARY KEY (id)
);
CREATE INDEX ix_quota_quotausages_created_at_id ON quota_quotausages (created_at, id);
CREATE TABLE storage_cachedimages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    size BIGINT DEFAULT 0 NOT NULL,
    info TEXT DEFAULT '{}' NOT NULL,
    last_sync BIGINT,
    last_ref BIGINT,
    ref_count BIGINT DEFAULT 0 NOT NULL,
    uefi BOOLEAN DEFAULT false NOT NULL,
    image_type VARCHAR(16) DEFAULT 'customized' NOT NULL,
    CONSTRAINT pk_storage_cachedimages PRIMARY KEY (id)
);
CREATE INDEX ix_storage_cachedimages_created_at_name_id_pendin_6511d0485a ON storage_cachedimages (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_cachedimages_domain_id_created_at_name_a22d6aefe5 ON storage_cachedimages (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_cachedimages_external_id ON storage_cachedimages (external_id);
CREATE INDEX ix_storage_cachedimages_id_pending_deleted_is_system ON storage_cachedimages (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_storage_cachedimages_name ON storage_cachedimages (name);
CREATE INDEX ix_storage_cachedimages_tenant_id_created_at_name_2def3c8142 ON storage_cachedimages (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE storage_hoststorages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    host_id VARCHAR(128) NOT NULL,
    storage_id VARCHAR(128) NOT NULL,
    mount_point VARCHAR(256) DEFAULT '' NOT NULL,
    is_root_partition BOOLEAN DEFAULT false NOT NULL,
    config TEXT DEFAULT '{}' NOT NULL,
    real_capacity BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_storage_hoststorages PRIMARY KEY (id),
    CONSTRAINT uq_storage_hoststorages_host_id_storage_id UNIQUE (host_id, storage_id)
);
CREATE INDEX ix_storage_hoststorages_created_at_id ON storage_hoststorages (created_at, id);
CREATE INDEX ix_storage_hoststorages_storage_id ON storage_hoststorages (storage_id);
CREATE TABLE storage_hostwires (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    host_id VARCHAR(128) NOT NULL,
    wire_id VARCHAR(128) NOT NULL,
    bridge VARCHAR(64) DEFAULT '' NOT NULL,
    interface VARCHAR(64) DEFAULT '' NOT NULL,
    is_master BOOLEAN DEFAULT false NOT NULL,
    mac_addr VARCHAR(32) DEFAULT '' NOT NULL,
    CONSTRAINT pk_storage_hostwires PRIMARY KEY (id),
    CONSTRAINT uq_storage_hostwires_host_id_wire_id UNIQUE (host_id, wire_id),
    CONSTRAINT uq_storage_hostwires_host_id_bridge UNIQUE (host_id, bridge)
);
CREATE INDEX ix_storage_hostwires_created_at_id ON storage_hostwires (created_at, id);
CREATE INDEX ix_storage_hostwires_wire_id ON storage_hostwires (wire_id);
CREATE TABLE storage_snapshotpolicies (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    tenant_id VARCHAR(64) NOT NULL,
    project_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    freezed BOOLEAN DEFAULT false NOT NULL,
    pending_deleted BOOLEAN DEFAULT false NOT NULL,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    status VARCHAR(36) DEFAULT 'ready' NOT NULL,
    cloudregion_id VARCHAR(128) DEFAULT 'default' NOT NULL,
    retention_days BIGINT DEFAULT (-1) NOT NULL,
    retention_count BIGINT DEFAULT 0 NOT NULL,
    type VARCHAR(16) DEFAULT 'disk' NOT NULL,
    repeat_weekdays TEXT DEFAULT '[]' NOT NULL,
    time_points TEXT DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_storage_snapshotpolicies PRIMARY KEY (id),
    CONSTRAINT uq_storage_snapshotpolicies_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_storage_snapshotpolicies_cloudregion_id ON storage_snapshotpolicies (cloudregion_id);
CREATE INDEX ix_storage_snapshotpolicies_created_at_name_id_pe_db8e1af160 ON storage_snapshotpolicies (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_snapshotpolicies_domain_id_created_at__795d24eb66 ON storage_snapshotpolicies (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_snapshotpolicies_external_id ON storage_snapshotpolicies (external_id);
CREATE INDEX ix_storage_snapshotpolicies_id_pending_deleted_is_system ON storage_snapshotpolicies (id, pending_deleted, is_system) WHERE pending_deleted + is_system > 0;
CREATE INDEX ix_storage_snapshotpolicies_status ON storage_snapshotpolicies (status);
CREATE INDEX ix_storage_snapshotpolicies_tenant_id_created_at__73004b9010 ON storage_snapshotpolicies (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_snapshotpolicies_type ON storage_snapshotpolicies (type);
CREATE TABLE storage_snapshotpolicydisks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    snapshotpolicy_id VARCHAR(128) NOT NULL,
    disk_id VARCHAR(128) NOT NULL,
    last_at BIGINT,
    CONSTRAINT pk_storage_snapshotpolicydisks PRIMARY KEY (id),
    CONSTRAINT uq_storage_snapshotpolicydisks_snapshotpolicy_id_disk_id UNIQUE (snapshotpolicy_id, disk_id)
);
CREATE INDEX ix_storage_snapshotpolicydisks_created_at_id ON storage_snapshotpolicydisks (created_at, id);
CREATE INDEX ix_storage_snapshotpolicydisks_disk_id ON storage_snapshotpolicydisks (disk_id);
CREATE TABLE storage_snapshotpolicyservers (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    snapshotpolicy_id VARCHAR(128) NOT NULL,
    server_id VARCHAR(128) NOT NULL,
    last_at BIGINT,
    CONSTRAINT pk_storage_snapshotpolicyservers PRIMARY KEY (id),
    CONSTRAINT uq_storage_snapshotpolicyservers_snapshotpolicy_id_server_id UNIQUE (snapshotpolicy_id, server_id)
);
CREATE INDEX ix_storage_snapshotpolicyservers_created_at_id ON storage_snapshotpolicyservers (created_at, id);
CREATE INDEX ix_storage_snapshotpolicyservers_server_id ON storage_snapshotpolicyservers (server_id);
CREATE TABLE storage_storagecachedimages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    status VARCHAR(36) DEFAULT 'init' NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    storagecache_id VARCHAR(128) NOT NULL,
    cachedimage_id VARCHAR(128) NOT NULL,
    path VARCHAR(256) DEFAULT '' NOT NULL,
    last_download BIGINT,
    download_refcnt BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_storage_storagecachedimages PRIMARY KEY (id),
    CONSTRAINT uq_storage_storagecachedimages_storagecache_id_ca_3ba17e36fe UNIQUE (storagecache_id, cachedimage_id)
);
CREATE INDEX ix_storage_storagecachedimages_cachedimage_id ON storage_storagecachedimages (cachedimage_id);
CREATE INDEX ix_storage_storagecachedimages_created_at_id ON storage_storagecachedimages (created_at, id);
CREATE INDEX ix_storage_storagecachedimages_external_id ON storage_storagecachedimages (external_id);
CREATE INDEX ix_storage_storagecachedimages_status ON storage_storagecachedimages (status);
CREATE TABLE storage_storagecaches (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    path VARCHAR(256) DEFAULT '' NOT NULL,
    master_host VARCHAR(128) DEFAULT '' NOT NULL,
    CONSTRAINT pk_storage_storagecaches PRIMARY KEY (id),
    CONSTRAINT uq_storage_storagecaches_name UNIQUE (name)
);
CREATE INDEX ix_storage_storagecaches_created_at_name_id ON storage_storagecaches (created_at, name, id);
CREATE INDEX ix_storage_storagecaches_external_id ON storage_storagecaches (external_id);
CREATE TABLE storage_storageclaims (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    size_mib BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_storage_storageclaims PRIMARY KEY (id)
);
CREATE INDEX ix_storage_storageclaims_created_at_id ON storage_storageclaims (created_at, id);
CREATE TABLE storage_storages (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(1024) DEFAULT '' NOT NULL,
    metadata TEXT DEFAULT '{}' NOT NULL,
    domain_id VARCHAR(64) NOT NULL,
    domain_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    external_id VARCHAR(256) DEFAULT '' NOT NULL,
    source VARCHAR(10) DEFAULT '' NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    status_reason VARCHAR(1024) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    is_public BOOLEAN DEFAULT false NOT NULL,
    public_scope VARCHAR(16) DEFAULT 'none' NOT NULL,
    public_src VARCHAR(10) DEFAULT 'local' NOT NULL,
    status VARCHAR(36) DEFAULT 'online' NOT NULL,
    zone_id VARCHAR(128) NOT NULL,
    capacity BIGINT NOT NULL,
    actual_capacity_used BIGINT DEFAULT 0 NOT NULL,
    reserved BIGINT DEFAULT 0 NOT NULL,
    storage_type VARCHAR(32) NOT NULL,
    medium_type VARCHAR(32) DEFAULT 'ssd' NOT NULL,
    cmtbound DOUBLE,
    storage_conf TEXT DEFAULT '{}' NOT NULL,
    storagecache_id VARCHAR(128),
    master_host VARCHAR(128) DEFAULT '' NOT NULL,
    is_sys_disk_store BOOLEAN DEFAULT true NOT NULL,
    CONSTRAINT pk_storage_storages PRIMARY KEY (id),
    CONSTRAINT uq_storage_storages_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_storage_storages_created_at_name_id ON storage_storages (created_at, name, id);
CREATE INDEX ix_storage_storages_domain_id_created_at_name_id ON storage_storages (domain_id, created_at, name, id);
CREATE INDEX ix_storage_storages_external_id ON storage_storages (external_id);
CREATE INDEX ix_storage_storages_status ON storage_storages (status);
CREATE INDEX ix_storage_storages_storage_type ON storage_storages (storage_type);
CREATE INDEX ix_storage_storages_storagecache_id ON storage_storages (storagecache_id);
CREATE INDEX ix_storage_storages_zone_id ON storage_storages (zone_id);
CREATE TABLE tasks_tasks (
    id VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT DEFAULT 0 NOT NULL,
    flow VARCHAR(64) NOT NULL,
    flow_version BIGINT DEFAULT 1 NOT NULL,
    format BIGINT DEFAULT 1 NOT NULL,
    obj_type VARCHAR(40) NOT NULL,
    obj_id VARCHAR(128) NOT NULL,
    obj_name VARCHAR(128) DEFAULT '' NOT NULL,
    domain_id VARCHAR(64) DEFAULT '' NOT NULL,
    tenant_id VARCHAR(64) DEFAULT '' NOT NULL,
    state VARCHAR(16) DEFAULT 'running' NOT NULL,
    cursor BIGINT DEFAULT 0 NOT NULL,
    attempt BIGINT DEFAULT 1 NOT NULL,
    intents TEXT DEFAULT '[]' NOT NULL,
    fence BIGINT DEFAULT 0 NOT NULL,
    params TEXT DEFAULT '{}' NOT NULL,
    results TEXT DEFAULT '{}' NOT NULL,
    log TEXT DEFAULT '[]' NOT NULL,
    error VARCHAR(1024) DEFAULT '' NOT NULL,
    cancelled BOOLEAN DEFAULT false NOT NULL,
    is_awaited BOOLEAN DEFAULT false NOT NULL,
    request_id VARCHAR(128) DEFAULT '' NOT NULL,
    actor TEXT DEFAULT '{}' NOT NULL,
    "exclusive" VARCHAR(200),
    deadline_at BIGINT,
    wake_at BIGINT NOT NULL,
    lease_owner VARCHAR(64) DEFAULT '' NOT NULL,
    lease_until BIGINT,
    place VARCHAR(160) DEFAULT '' NOT NULL,
    progress DOUBLE DEFAULT (0.0) NOT NULL,
    ended_at BIGINT,
    CONSTRAINT pk_tasks_tasks PRIMARY KEY (id),
    CONSTRAINT uq_tasks_tasks_exclusive UNIQUE ("exclusive")
);
CREATE INDEX ix_tasks_tasks_created_at_id ON tasks_tasks (created_at, id);
CREATE INDEX ix_tasks_tasks_domain_id_created_at_id ON tasks_tasks (domain_id, created_at, id);
CREATE INDEX ix_tasks_tasks_flow ON tasks_tasks (flow);
CREATE INDEX ix_tasks_tasks_obj_id_created_at ON tasks_tasks (obj_id, created_at);
CREATE INDEX ix_tasks_tasks_state_wake_at ON tasks_tasks (state, wake_at);
CREATE INDEX ix_tasks_tasks_tenant_id_created_at_id ON tasks_tasks (tenant_id, created_at, id);
CREATE INDEX ix_tasks_tasks_wake_at ON tasks_tasks (wake_at);
