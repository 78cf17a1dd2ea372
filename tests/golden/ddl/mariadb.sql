CREATE TABLE audit_counters (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    value BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_audit_counters PRIMARY KEY (id)
);
CREATE INDEX ix_audit_counters_created_at_id ON audit_counters (created_at, id);
CREATE TABLE audit_history (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    `position` BIGINT,
    recorded_at BIGINT NOT NULL,
    transaction VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ordinal BIGINT NOT NULL,
    request_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    actor LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    service VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    action VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_type VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    owner_domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    owner_tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 0,
    success BOOL NOT NULL DEFAULT true,
    `before` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    after LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    format BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT pk_audit_history PRIMARY KEY (id)
);
CREATE INDEX ix_audit_history_action ON audit_history (action);
CREATE INDEX ix_audit_history_created_at_id ON audit_history (created_at, id);
CREATE INDEX ix_audit_history_obj_id_position ON audit_history (obj_id, `position`);
CREATE INDEX ix_audit_history_obj_type ON audit_history (obj_type);
CREATE INDEX ix_audit_history_owner_domain_id ON audit_history (owner_domain_id);
CREATE INDEX ix_audit_history_owner_tenant_id_position ON audit_history (owner_tenant_id, `position`);
CREATE INDEX ix_audit_history_position ON audit_history (`position`);
CREATE INDEX ix_audit_history_recorded_at ON audit_history (recorded_at);
CREATE INDEX ix_audit_history_user_id ON audit_history (user_id);
CREATE TABLE audit_idempotencies (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    fingerprint VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    answer LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    expires_at BIGINT NOT NULL,
    CONSTRAINT pk_audit_idempotencies PRIMARY KEY (id)
);
CREATE INDEX ix_audit_idempotencies_created_at_id ON audit_idempotencies (created_at, id);
CREATE INDEX ix_audit_idempotencies_expires_at ON audit_idempotencies (expires_at);
CREATE TABLE audit_plans (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    owner_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    scope_domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    `call` VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    resource VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    state VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'open',
    summary LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    request_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expires_at BIGINT NOT NULL,
    applied_at BIGINT,
    request LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    seed LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    `keys` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    world LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    outcome LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    CONSTRAINT pk_audit_plans PRIMARY KEY (id)
);
CREATE INDEX ix_audit_plans_created_at_name_id ON audit_plans (created_at, name, id);
CREATE INDEX ix_audit_plans_expires_at ON audit_plans (expires_at);
CREATE INDEX ix_audit_plans_name ON audit_plans (name);
CREATE INDEX ix_audit_plans_owner_id_created_at_name_id ON audit_plans (owner_id, created_at, name, id);
CREATE TABLE audit_schedulerdecisions (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    session_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    question VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    user_name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    owner_domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    owner_tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    count BIGINT NOT NULL DEFAULT 1,
    fitting BIGINT NOT NULL DEFAULT 0,
    success BOOL NOT NULL DEFAULT true,
    summary VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    placed LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    told LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    seen LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    CONSTRAINT pk_audit_schedulerdecisions PRIMARY KEY (id)
);
CREATE INDEX ix_audit_schedulerdecisions_created_at_name_id ON audit_schedulerdecisions (created_at, name, id);
CREATE INDEX ix_audit_schedulerdecisions_owner_tenant_id_created_at ON audit_schedulerdecisions (owner_tenant_id, created_at);
CREATE INDEX ix_audit_schedulerdecisions_session_id ON audit_schedulerdecisions (session_id);
CREATE TABLE audit_tasknotices (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'waiting',
    url LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    caller_task VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    flow VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_type VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    `body` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    CONSTRAINT pk_audit_tasknotices PRIMARY KEY (id)
);
CREATE INDEX ix_audit_tasknotices_created_at_id ON audit_tasknotices (created_at, id);
CREATE INDEX ix_audit_tasknotices_domain_id_created_at_id ON audit_tasknotices (domain_id, created_at, id);
CREATE INDEX ix_audit_tasknotices_obj_id ON audit_tasknotices (obj_id);
CREATE INDEX ix_audit_tasknotices_status ON audit_tasknotices (status);
CREATE INDEX ix_audit_tasknotices_tenant_id_created_at_id ON audit_tasknotices (tenant_id, created_at, id);
CREATE TABLE compute_disks (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    billing_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'postpaid',
    billing_cycle VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOL NOT NULL DEFAULT false,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'init',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    storage_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    disk_format VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'qcow2',
    disk_size BIGINT NOT NULL,
    access_path VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    pci_path VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    backup_storage_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    template_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    snapshot_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    backup_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    device VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    fs_format VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    fs_features LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    disk_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'data',
    preallocation VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'off',
    nonpersistent BOOL NOT NULL DEFAULT false,
    auto_reset BOOL NOT NULL DEFAULT false,
    auto_delete BOOL NOT NULL DEFAULT false,
    os_arch VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_ssd BOOL NOT NULL DEFAULT false,
    iops BIGINT NOT NULL DEFAULT 0,
    throughput BIGINT NOT NULL DEFAULT 0,
    encrypt_key_id VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_compute_disks PRIMARY KEY (id)
);
CREATE INDEX ix_compute_disks_created_at_name_id_pending_delet_a7e0b7c086 ON compute_disks (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_disks_disk_size ON compute_disks (disk_size);
CREATE INDEX ix_compute_disks_domain_id_created_at_name_id_pen_b1b80c4a67 ON compute_disks (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_disks_external_id ON compute_disks (external_id);
CREATE INDEX ix_compute_disks_id_pending_deleted_is_system ON compute_disks (id, pending_deleted, is_system);
CREATE INDEX ix_compute_disks_name ON compute_disks (name);
CREATE INDEX ix_compute_disks_snapshot_id ON compute_disks (snapshot_id);
CREATE INDEX ix_compute_disks_status ON compute_disks (status);
CREATE INDEX ix_compute_disks_storage_id ON compute_disks (storage_id);
CREATE INDEX ix_compute_disks_template_id ON compute_disks (template_id);
CREATE INDEX ix_compute_disks_tenant_id_created_at_name_id_pen_2f899882fb ON compute_disks (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_disks_tenant_id_name ON compute_disks (tenant_id, name);
CREATE TABLE compute_dynamicschedtags (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    schedtag_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    `condition` VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    enabled BOOL NOT NULL DEFAULT true,
    CONSTRAINT pk_compute_dynamicschedtags PRIMARY KEY (id),
    CONSTRAINT uq_compute_dynamicschedtags_name UNIQUE (name)
);
CREATE INDEX ix_compute_dynamicschedtags_created_at_name_id ON compute_dynamicschedtags (created_at, name, id);
CREATE INDEX ix_compute_dynamicschedtags_schedtag_id ON compute_dynamicschedtags (schedtag_id);
CREATE TABLE compute_groupguests (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    group_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    guest_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_groupguests PRIMARY KEY (id),
    CONSTRAINT uq_compute_groupguests_group_id_guest_id UNIQUE (group_id, guest_id)
);
CREATE INDEX ix_compute_groupguests_created_at_id ON compute_groupguests (created_at, id);
CREATE INDEX ix_compute_groupguests_guest_id ON compute_groupguests (guest_id);
CREATE TABLE compute_groupnetworks (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    group_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    network_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ip_addr VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    `index` BIGINT NOT NULL DEFAULT 0,
    eip_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_compute_groupnetworks PRIMARY KEY (id),
    CONSTRAINT uq_compute_groupnetworks_network_id_ip_addr UNIQUE (network_id, ip_addr),
    CONSTRAINT uq_compute_groupnetworks_group_id_index UNIQUE (group_id, `index`)
);
CREATE INDEX ix_compute_groupnetworks_created_at_id ON compute_groupnetworks (created_at, id);
CREATE INDEX ix_compute_groupnetworks_ip_addr ON compute_groupnetworks (ip_addr);
CREATE TABLE compute_guestdisks (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    guest_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    disk_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    image_path VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    driver VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'virtio',
    cache_mode VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    aio_mode VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    iops BIGINT NOT NULL DEFAULT 0,
    bps BIGINT NOT NULL DEFAULT 0,
    mountpoint VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    `index` BIGINT NOT NULL DEFAULT 0,
    boot_index BIGINT NOT NULL DEFAULT (-1),
    CONSTRAINT pk_compute_guestdisks PRIMARY KEY (id),
    CONSTRAINT uq_compute_guestdisks_disk_id UNIQUE (disk_id),
    CONSTRAINT uq_compute_guestdisks_guest_id_index UNIQUE (guest_id, `index`)
);
CREATE INDEX ix_compute_guestdisks_created_at_id ON compute_guestdisks (created_at, id);
CREATE TABLE compute_guestnetworks (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    billing_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'postpaid',
    billing_cycle VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOL NOT NULL DEFAULT false,
    guest_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    network_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    mac_addr VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ip_addr VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    ip6_addr VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    driver VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'virtio',
    num_queues BIGINT NOT NULL DEFAULT 1,
    bw_limit BIGINT NOT NULL DEFAULT 0,
    rx_bw_limit BIGINT NOT NULL DEFAULT 0,
    tx_bw_limit BIGINT NOT NULL DEFAULT 0,
    rx_traffic_limit BIGINT NOT NULL DEFAULT 0,
    rx_traffic_used BIGINT NOT NULL DEFAULT 0,
    tx_traffic_limit BIGINT NOT NULL DEFAULT 0,
    tx_traffic_used BIGINT NOT NULL DEFAULT 0,
    `index` BIGINT NOT NULL DEFAULT 0,
    virtual BOOL NOT NULL DEFAULT false,
    ifname VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    team_with VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    mapped_ip_addr VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    mapped_ip6_addr VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    eip_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_default BOOL NOT NULL DEFAULT false,
    port_mappings LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    charge_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_compute_guestnetworks PRIMARY KEY (id),
    CONSTRAINT uq_compute_guestnetworks_network_id_ip_addr UNIQUE (network_id, ip_addr),
    CONSTRAINT uq_compute_guestnetworks_mac_addr UNIQUE (mac_addr),
    CONSTRAINT uq_compute_guestnetworks_guest_id_index UNIQUE (guest_id, `index`)
);
CREATE INDEX ix_compute_guestnetworks_created_at_id ON compute_guestnetworks (created_at, id);
CREATE INDEX ix_compute_guestnetworks_ip_addr ON compute_guestnetworks (ip_addr);
CREATE TABLE compute_guestsecgroups (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    guest_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    secgroup_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_guestsecgroups PRIMARY KEY (id),
    CONSTRAINT uq_compute_guestsecgroups_guest_id_secgroup_id UNIQUE (guest_id, secgroup_id)
);
CREATE INDEX ix_compute_guestsecgroups_created_at_id ON compute_guestsecgroups (created_at, id);
CREATE INDEX ix_compute_guestsecgroups_secgroup_id ON compute_guestsecgroups (secgroup_id);
CREATE TABLE compute_hostclaims (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    vcpus BIGINT NOT NULL DEFAULT 0,
    memory_mib BIGINT NOT NULL DEFAULT 0,
    guests BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_compute_hostclaims PRIMARY KEY (id)
);
CREATE INDEX ix_compute_hostclaims_created_at_id ON compute_hostclaims (created_at, id);
CREATE TABLE compute_hostleases (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    turn BIGINT NOT NULL DEFAULT 0,
    held BIGINT NOT NULL DEFAULT 1,
    fences BIGINT NOT NULL DEFAULT 0,
    fenced BIGINT NOT NULL DEFAULT 0,
    floor BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_compute_hostleases PRIMARY KEY (id)
);
CREATE INDEX ix_compute_hostleases_created_at_id ON compute_hostleases (created_at, id);
CREATE TABLE compute_instance_snapshots (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'creating',
    guest_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    server_config LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    server_metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    auto_delete BOOL NOT NULL DEFAULT false,
    ref_count BIGINT NOT NULL DEFAULT 0,
    sec_groups LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    keypair_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_arch VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    instance_type VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    image_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    with_memory BOOL NOT NULL DEFAULT false,
    memory_size_kb BIGINT NOT NULL DEFAULT 0,
    memory_file_host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    memory_file_path VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    memory_file_checksum VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    encrypt_key_id VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    manager_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    created_by VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'manual',
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
CREATE INDEX ix_compute_instance_snapshots_id_pending_deleted_is_system ON compute_instance_snapshots (id, pending_deleted, is_system);
CREATE INDEX ix_compute_instance_snapshots_os_type ON compute_instance_snapshots (os_type);
CREATE INDEX ix_compute_instance_snapshots_status ON compute_instance_snapshots (status);
CREATE INDEX ix_compute_instance_snapshots_tenant_id_created_a_3251e6993e ON compute_instance_snapshots (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instance_snapshots_with_memory ON compute_instance_snapshots (with_memory);
CREATE TABLE compute_instancegroups (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    enabled BOOL NOT NULL DEFAULT true,
    service_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    parent_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    zone_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    sched_strategy VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    granularity BIGINT NOT NULL DEFAULT 1,
    force_dispersion BOOL NOT NULL DEFAULT true,
    CONSTRAINT pk_compute_instancegroups PRIMARY KEY (id),
    CONSTRAINT uq_compute_instancegroups_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_compute_instancegroups_created_at_name_id_pend_47c7efe02d ON compute_instancegroups (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instancegroups_domain_id_created_at_na_b9587a586b ON compute_instancegroups (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instancegroups_id_pending_deleted_is_system ON compute_instancegroups (id, pending_deleted, is_system);
CREATE INDEX ix_compute_instancegroups_parent_id ON compute_instancegroups (parent_id);
CREATE INDEX ix_compute_instancegroups_tenant_id_created_at_na_f4f41932a9 ON compute_instancegroups (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_instancegroups_zone_id ON compute_instancegroups (zone_id);
CREATE TABLE compute_instancesnapshotjoints (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    instance_snapshot_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    snapshot_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    disk_index BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_compute_instancesnapshotjoints PRIMARY KEY (id),
    CONSTRAINT uq_compute_instancesnapshotjoints_instance_snapsh_634228b816 UNIQUE (instance_snapshot_id, snapshot_id)
);
CREATE INDEX ix_compute_instancesnapshotjoints_created_at_id ON compute_instancesnapshotjoints (created_at, id);
CREATE INDEX ix_compute_instancesnapshotjoints_snapshot_id ON compute_instancesnapshotjoints (snapshot_id);
CREATE TABLE compute_isolated_devices (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    dev_type VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    sharing_mode VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    hot_pluggable BOOL NOT NULL DEFAULT false,
    model VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    guest_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    network_index BIGINT NOT NULL DEFAULT (-1),
    wire_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    ovs_offload_interface VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_infiniband_nic BOOL NOT NULL DEFAULT false,
    nvme_size_mb BIGINT NOT NULL DEFAULT 0,
    disk_index BIGINT NOT NULL DEFAULT (-1),
    addr VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    device_path VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    card_path VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    render_path VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    `index` BIGINT NOT NULL DEFAULT (-1),
    device_minor BIGINT NOT NULL DEFAULT (-1),
    mdev_id VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    frl VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    framebuffer VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    max_resolution VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    num_heads VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    max_instance VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    mps_memory_limit BIGINT NOT NULL DEFAULT (-1),
    mps_memory_total BIGINT NOT NULL DEFAULT (-1),
    mps_thread_percentage BIGINT NOT NULL DEFAULT (-1),
    vendor_device_id VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    reserved_memory BIGINT NOT NULL DEFAULT 0,
    reserved_cpu BIGINT NOT NULL DEFAULT 0,
    reserved_storage BIGINT NOT NULL DEFAULT 0,
    pcie_info LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    numa_node BIGINT NOT NULL DEFAULT (-1),
    memory_size BIGINT NOT NULL DEFAULT 0,
    virtual_num BIGINT NOT NULL DEFAULT 1,
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
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    owner_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    scheme VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'RSA',
    fingerprint VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    public_key VARCHAR(4096) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    private_key LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_compute_keypairs PRIMARY KEY (id),
    CONSTRAINT uq_compute_keypairs_name_owner_id UNIQUE (name, owner_id)
);
CREATE INDEX ix_compute_keypairs_created_at_name_id ON compute_keypairs (created_at, name, id);
CREATE INDEX ix_compute_keypairs_owner_id_created_at_name_id ON compute_keypairs (owner_id, created_at, name, id);
CREATE TABLE compute_nodeclaims (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    node BIGINT NOT NULL DEFAULT 0,
    vcpus BIGINT NOT NULL DEFAULT 0,
    memory_mib BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_compute_nodeclaims PRIMARY KEY (id)
);
CREATE INDEX ix_compute_nodeclaims_created_at_id ON compute_nodeclaims (created_at, id);
CREATE INDEX ix_compute_nodeclaims_host_id ON compute_nodeclaims (host_id);
CREATE TABLE compute_schedpolicies (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    schedtag_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    `condition` VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    enabled BOOL NOT NULL DEFAULT true,
    strategy VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_schedpolicies PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedpolicies_name UNIQUE (name)
);
CREATE INDEX ix_compute_schedpolicies_created_at_name_id ON compute_schedpolicies (created_at, name, id);
CREATE INDEX ix_compute_schedpolicies_schedtag_id ON compute_schedpolicies (schedtag_id);
CREATE TABLE compute_schedtagcloudregions (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    schedtag_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_schedtagcloudregions PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagcloudregions_schedtag_id_cloudregion_id UNIQUE (schedtag_id, cloudregion_id)
);
CREATE INDEX ix_compute_schedtagcloudregions_cloudregion_id ON compute_schedtagcloudregions (cloudregion_id);
CREATE INDEX ix_compute_schedtagcloudregions_created_at_id ON compute_schedtagcloudregions (created_at, id);
CREATE TABLE compute_schedtaghosts (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    schedtag_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_schedtaghosts PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtaghosts_schedtag_id_host_id UNIQUE (schedtag_id, host_id)
);
CREATE INDEX ix_compute_schedtaghosts_created_at_id ON compute_schedtaghosts (created_at, id);
CREATE INDEX ix_compute_schedtaghosts_host_id ON compute_schedtaghosts (host_id);
CREATE TABLE compute_schedtagnetworks (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    schedtag_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    network_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_schedtagnetworks PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagnetworks_schedtag_id_network_id UNIQUE (schedtag_id, network_id)
);
CREATE INDEX ix_compute_schedtagnetworks_created_at_id ON compute_schedtagnetworks (created_at, id);
CREATE INDEX ix_compute_schedtagnetworks_network_id ON compute_schedtagnetworks (network_id);
CREATE TABLE compute_schedtags (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    resource_type VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'hosts',
    default_strategy VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    placement VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    CONSTRAINT pk_compute_schedtags PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtags_name_resource_type UNIQUE (name, resource_type)
);
CREATE INDEX ix_compute_schedtags_created_at_name_id ON compute_schedtags (created_at, name, id);
CREATE INDEX ix_compute_schedtags_domain_id_created_at_name_id ON compute_schedtags (domain_id, created_at, name, id);
CREATE INDEX ix_compute_schedtags_resource_type ON compute_schedtags (resource_type);
CREATE INDEX ix_compute_schedtags_tenant_id_created_at_name_id ON compute_schedtags (tenant_id, created_at, name, id);
CREATE TABLE compute_schedtagstorages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    schedtag_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    storage_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_schedtagstorages PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagstorages_schedtag_id_storage_id UNIQUE (schedtag_id, storage_id)
);
CREATE INDEX ix_compute_schedtagstorages_created_at_id ON compute_schedtagstorages (created_at, id);
CREATE INDEX ix_compute_schedtagstorages_storage_id ON compute_schedtagstorages (storage_id);
CREATE TABLE compute_schedtagzones (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    schedtag_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    zone_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_compute_schedtagzones PRIMARY KEY (id),
    CONSTRAINT uq_compute_schedtagzones_schedtag_id_zone_id UNIQUE (schedtag_id, zone_id)
);
CREATE INDEX ix_compute_schedtagzones_created_at_id ON compute_schedtagzones (created_at, id);
CREATE INDEX ix_compute_schedtagzones_zone_id ON compute_schedtagzones (zone_id);
CREATE TABLE compute_servers (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    disable_delete BOOL NOT NULL DEFAULT true,
    billing_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'postpaid',
    billing_cycle VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOL NOT NULL DEFAULT false,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'init',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    hostname VARCHAR(253) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    power_states VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'off',
    vcpu_count BIGINT NOT NULL DEFAULT 1,
    cpu_sockets BIGINT NOT NULL DEFAULT 1,
    extra_cpu_count BIGINT NOT NULL DEFAULT 0,
    vmem_size BIGINT NOT NULL,
    cpu_numa_pin LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    boot_order VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'cdn',
    shutdown_behavior VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'stop',
    shutdown_mode VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'keep_charging',
    keypair_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    backup_host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    backup_guest_status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress_mbps DOUBLE NOT NULL DEFAULT (0.0),
    vga VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'std',
    vdi VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'vnc',
    machine VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    bios VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'BIOS',
    os_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_arch VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    flavor_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    secgrp_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    admin_secgrp_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    src_ip_check BOOL NOT NULL DEFAULT true,
    src_mac_check BOOL NOT NULL DEFAULT true,
    hypervisor VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'kvm',
    instance_type VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_daemon BOOL NOT NULL DEFAULT false,
    internet_max_bandwidth_out BIGINT NOT NULL DEFAULT 0,
    throughput BIGINT NOT NULL DEFAULT 0,
    qga_status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'unknown',
    health_status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    rescue_mode BOOL NOT NULL DEFAULT false,
    last_start_at BIGINT,
    ssh_port BIGINT NOT NULL DEFAULT 22,
    sshable_last_state BOOL NOT NULL DEFAULT false,
    cdrom_image_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cdrom_storage_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cdrom_boot_index BIGINT NOT NULL DEFAULT (-1),
    had_devices BOOL NOT NULL DEFAULT false,
    encrypt_key_id VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    name_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    login_account VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    login_password LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    next_password LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    login_updated_at BIGINT,
    deployments BIGINT NOT NULL DEFAULT 0,
    deploy_configs LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    user_data LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
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
CREATE INDEX ix_compute_servers_id_pending_deleted_is_system ON compute_servers (id, pending_deleted, is_system);
CREATE INDEX ix_compute_servers_keypair_id ON compute_servers (keypair_id);
CREATE INDEX ix_compute_servers_os_type ON compute_servers (os_type);
CREATE INDEX ix_compute_servers_release_at ON compute_servers (release_at);
CREATE INDEX ix_compute_servers_status ON compute_servers (status);
CREATE INDEX ix_compute_servers_tenant_id_created_at_name_id_p_a3f3de5edf ON compute_servers (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_compute_servers_vcpu_count ON compute_servers (vcpu_count);
CREATE INDEX ix_compute_servers_vmem_size ON compute_servers (vmem_size);
CREATE TABLE compute_serverskus (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    enabled BOOL NOT NULL DEFAULT true,
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'init',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    zone_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    instance_type_family VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    instance_type_category VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'general_purpose',
    local_category VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    prepaid_status VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'available',
    postpaid_status VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'available',
    cpu_arch VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cpu_core_count BIGINT NOT NULL,
    memory_size_mb BIGINT NOT NULL,
    cpu_model VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_name VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'Any',
    sys_disk_resizable BOOL NOT NULL DEFAULT true,
    sys_disk_type VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    sys_disk_min_size_gb BIGINT NOT NULL DEFAULT 0,
    sys_disk_max_size_gb BIGINT NOT NULL DEFAULT 0,
    attached_disk_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    attached_disk_size_gb BIGINT NOT NULL DEFAULT 0,
    attached_disk_count BIGINT NOT NULL DEFAULT 0,
    data_disk_types VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    data_disk_max_count BIGINT NOT NULL DEFAULT 0,
    disk_performance VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    nic_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    nic_max_count BIGINT NOT NULL DEFAULT 1,
    nic_bandwidth VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    gpu_attachable BOOL NOT NULL DEFAULT true,
    gpu_spec VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    gpu_count VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    gpu_max_count BIGINT NOT NULL DEFAULT 0,
    hour_price DOUBLE NOT NULL DEFAULT (0.0),
    month_price DOUBLE NOT NULL DEFAULT (0.0),
    currency VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    provider VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'OneCloud',
    md5 VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
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
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'creating',
    disk_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    storage_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_by VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'manual',
    location VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    size BIGINT NOT NULL DEFAULT 0,
    virtual_size BIGINT NOT NULL DEFAULT 0,
    out_of_chain BOOL NOT NULL DEFAULT true,
    fake_deleted BOOL NOT NULL DEFAULT false,
    disk_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'data',
    os_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_arch VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    ref_count BIGINT NOT NULL DEFAULT 0,
    backing_disk_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    disk_backup_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    encrypt_key_id VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    manager_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
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
CREATE INDEX ix_compute_snapshots_id_pending_deleted_is_system ON compute_snapshots (id, pending_deleted, is_system);
CREATE INDEX ix_compute_snapshots_os_type ON compute_snapshots (os_type);
CREATE INDEX ix_compute_snapshots_status ON compute_snapshots (status);
CREATE INDEX ix_compute_snapshots_storage_id ON compute_snapshots (storage_id);
CREATE INDEX ix_compute_snapshots_tenant_id_created_at_name_id_c8d998e808 ON compute_snapshots (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE identity_application_credentials (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    owner_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    role_ids LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    unrestricted BOOL NOT NULL DEFAULT false,
    expires_at BIGINT,
    secret VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_identity_application_credentials PRIMARY KEY (id),
    CONSTRAINT uq_identity_application_credentials_name_owner_id UNIQUE (name, owner_id)
);
CREATE INDEX ix_identity_application_credentials_created_at_name_id ON identity_application_credentials (created_at, name, id);
CREATE INDEX ix_identity_application_credentials_owner_id_crea_4dbc6bc6db ON identity_application_credentials (owner_id, created_at, name, id);
CREATE INDEX ix_identity_application_credentials_project_id ON identity_application_credentials (project_id);
CREATE TABLE identity_assignments (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    actor_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    target_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    role_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_identity_assignments PRIMARY KEY (id),
    CONSTRAINT uq_identity_assignments_type_actor_id_target_id_role_id UNIQUE (type, actor_id, target_id, role_id)
);
CREATE INDEX ix_identity_assignments_actor_id ON identity_assignments (actor_id);
CREATE INDEX ix_identity_assignments_created_at_id ON identity_assignments (created_at, id);
CREATE INDEX ix_identity_assignments_role_id ON identity_assignments (role_id);
CREATE INDEX ix_identity_assignments_target_id ON identity_assignments (target_id);
CREATE TABLE identity_credentials (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    owner_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    enabled BOOL NOT NULL DEFAULT true,
    expired_at BIGINT,
    `blob` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_identity_credentials PRIMARY KEY (id)
);
CREATE INDEX ix_identity_credentials_created_at_name_id ON identity_credentials (created_at, name, id);
CREATE INDEX ix_identity_credentials_name ON identity_credentials (name);
CREATE INDEX ix_identity_credentials_owner_id_created_at_name_id ON identity_credentials (owner_id, created_at, name, id);
CREATE INDEX ix_identity_credentials_project_id ON identity_credentials (project_id);
CREATE INDEX ix_identity_credentials_type ON identity_credentials (type);
CREATE TABLE identity_domains (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    enabled BOOL NOT NULL DEFAULT true,
    displayname VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_identity_domains PRIMARY KEY (id),
    CONSTRAINT uq_identity_domains_name UNIQUE (name)
);
CREATE INDEX ix_identity_domains_created_at_name_id ON identity_domains (created_at, name, id);
CREATE TABLE identity_endpoints (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    service_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    region_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    interface VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    url VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    enabled BOOL NOT NULL DEFAULT true,
    CONSTRAINT pk_identity_endpoints PRIMARY KEY (id),
    CONSTRAINT uq_identity_endpoints_service_id_region_id_interface UNIQUE (service_id, region_id, interface)
);
CREATE INDEX ix_identity_endpoints_created_at_name_id ON identity_endpoints (created_at, name, id);
CREATE INDEX ix_identity_endpoints_region_id ON identity_endpoints (region_id);
CREATE TABLE identity_groups (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    displayname VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_identity_groups PRIMARY KEY (id),
    CONSTRAINT uq_identity_groups_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_groups_created_at_name_id ON identity_groups (created_at, name, id);
CREATE INDEX ix_identity_groups_domain_id_created_at_name_id ON identity_groups (domain_id, created_at, name, id);
CREATE TABLE identity_memberships (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    group_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_identity_memberships PRIMARY KEY (id),
    CONSTRAINT uq_identity_memberships_group_id_user_id UNIQUE (group_id, user_id)
);
CREATE INDEX ix_identity_memberships_created_at_id ON identity_memberships (created_at, id);
CREATE INDEX ix_identity_memberships_user_id ON identity_memberships (user_id);
CREATE TABLE identity_passwords (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    user_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    hash VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    earlier LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    reset_hint VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expires_at BIGINT,
    failed_count BIGINT NOT NULL DEFAULT 0,
    failed_at BIGINT,
    locked_until BIGINT,
    CONSTRAINT pk_identity_passwords PRIMARY KEY (id),
    CONSTRAINT uq_identity_passwords_user_id UNIQUE (user_id)
);
CREATE INDEX ix_identity_passwords_created_at_id ON identity_passwords (created_at, id);
CREATE TABLE identity_policies (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'project',
    `blob` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    enabled BOOL NOT NULL DEFAULT true,
    is_system BOOL NOT NULL DEFAULT false,
    domain_tags LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    project_tags LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    object_tags LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    CONSTRAINT pk_identity_policies PRIMARY KEY (id),
    CONSTRAINT uq_identity_policies_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_policies_created_at_name_id_is_system ON identity_policies (created_at, name, id, is_system);
CREATE INDEX ix_identity_policies_domain_id_created_at_name_id_is_system ON identity_policies (domain_id, created_at, name, id, is_system);
CREATE TABLE identity_projects (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    enabled BOOL NOT NULL DEFAULT true,
    displayname VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    admin_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    CONSTRAINT pk_identity_projects PRIMARY KEY (id),
    CONSTRAINT uq_identity_projects_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_projects_admin_id ON identity_projects (admin_id);
CREATE INDEX ix_identity_projects_created_at_name_id ON identity_projects (created_at, name, id);
CREATE INDEX ix_identity_projects_domain_id_created_at_name_id ON identity_projects (domain_id, created_at, name, id);
CREATE TABLE identity_regions (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    parent_region_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_identity_regions PRIMARY KEY (id)
);
CREATE INDEX ix_identity_regions_created_at_name_id ON identity_regions (created_at, name, id);
CREATE INDEX ix_identity_regions_name ON identity_regions (name);
CREATE TABLE identity_revocations (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    kind VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    target_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    `before` BIGINT NOT NULL,
    CONSTRAINT pk_identity_revocations PRIMARY KEY (id),
    CONSTRAINT uq_identity_revocations_kind_target_id UNIQUE (kind, target_id)
);
CREATE INDEX ix_identity_revocations_created_at_id ON identity_revocations (created_at, id);
CREATE INDEX ix_identity_revocations_target_id ON identity_revocations (target_id);
CREATE TABLE identity_rolepolicies (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    role_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    project_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    policy_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    auth BOOL NOT NULL DEFAULT true,
    ips LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    valid_since BIGINT,
    valid_until BIGINT,
    CONSTRAINT pk_identity_rolepolicies PRIMARY KEY (id),
    CONSTRAINT uq_identity_rolepolicies_role_id_project_id_policy_id UNIQUE (role_id, project_id, policy_id)
);
CREATE INDEX ix_identity_rolepolicies_created_at_id ON identity_rolepolicies (created_at, id);
CREATE INDEX ix_identity_rolepolicies_policy_id ON identity_rolepolicies (policy_id);
CREATE INDEX ix_identity_rolepolicies_project_id ON identity_rolepolicies (project_id);
CREATE TABLE identity_roles (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    displayname VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_identity_roles PRIMARY KEY (id),
    CONSTRAINT uq_identity_roles_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_roles_created_at_name_id ON identity_roles (created_at, name, id);
CREATE INDEX ix_identity_roles_domain_id_created_at_name_id ON identity_roles (domain_id, created_at, name, id);
CREATE TABLE identity_services (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    type VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    enabled BOOL NOT NULL DEFAULT true,
    config_version BIGINT NOT NULL DEFAULT 0,
    config LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    CONSTRAINT pk_identity_services PRIMARY KEY (id),
    CONSTRAINT uq_identity_services_name UNIQUE (name)
);
CREATE INDEX ix_identity_services_created_at_name_id ON identity_services (created_at, name, id);
CREATE INDEX ix_identity_services_type ON identity_services (type);
CREATE TABLE identity_users (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    displayname VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    email VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    mobile VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    enabled BOOL NOT NULL DEFAULT true,
    is_system_account BOOL NOT NULL DEFAULT false,
    allow_web_console BOOL NOT NULL DEFAULT true,
    enable_mfa BOOL NOT NULL DEFAULT false,
    lang VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expired_at BIGINT,
    default_project_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    last_active_at BIGINT,
    last_login_ip VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    last_login_source VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_identity_users PRIMARY KEY (id),
    CONSTRAINT uq_identity_users_name_domain_id UNIQUE (name, domain_id)
);
CREATE INDEX ix_identity_users_created_at_name_id ON identity_users (created_at, name, id);
CREATE INDEX ix_identity_users_default_project_id ON identity_users (default_project_id);
CREATE INDEX ix_identity_users_domain_id_created_at_name_id ON identity_users (domain_id, created_at, name, id);
CREATE TABLE image_guestimages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'queued',
    protected BOOL NOT NULL DEFAULT true,
    os_arch VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    properties LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    name_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_image_guestimages PRIMARY KEY (id),
    CONSTRAINT uq_image_guestimages_name_tenant_id_name_key UNIQUE (name, tenant_id, name_key)
);
CREATE INDEX ix_image_guestimages_created_at_name_id_pending_d_e1eb3eadc7 ON image_guestimages (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_guestimages_domain_id_created_at_name_id_cf19c5a035 ON image_guestimages (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_guestimages_id_pending_deleted_is_system ON image_guestimages (id, pending_deleted, is_system);
CREATE INDEX ix_image_guestimages_status ON image_guestimages (status);
CREATE INDEX ix_image_guestimages_tenant_id_created_at_name_id_edecda0e5d ON image_guestimages (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE image_images (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'queued',
    size BIGINT NOT NULL DEFAULT 0,
    virtual_size BIGINT NOT NULL DEFAULT 0,
    disk_format VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'raw',
    min_disk BIGINT NOT NULL DEFAULT 0,
    min_ram BIGINT NOT NULL DEFAULT 0,
    checksum VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    fast_hash VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    sha256 VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    protected BOOL NOT NULL DEFAULT true,
    is_standard BOOL NOT NULL DEFAULT false,
    is_guest_image BOOL NOT NULL DEFAULT false,
    is_data BOOL NOT NULL DEFAULT false,
    guest_image_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    disk_index BIGINT NOT NULL DEFAULT 0,
    os_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_distribution VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_version VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    os_arch VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    encrypt_key_id VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    encrypt_status VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'unencrypted',
    oss_checksum VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    location VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    properties LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    uploader VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    quota_held BOOL NOT NULL DEFAULT false,
    copy_from LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    staged_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    store_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    name_key VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_image_images PRIMARY KEY (id),
    CONSTRAINT uq_image_images_name_tenant_id_name_key UNIQUE (name, tenant_id, name_key)
);
CREATE INDEX ix_image_images_created_at_name_id_pending_deleted_is_system ON image_images (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_images_disk_format ON image_images (disk_format);
CREATE INDEX ix_image_images_domain_id_created_at_name_id_pend_1ccad6f329 ON image_images (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_image_images_guest_image_id ON image_images (guest_image_id);
CREATE INDEX ix_image_images_id_pending_deleted_is_system ON image_images (id, pending_deleted, is_system);
CREATE INDEX ix_image_images_status ON image_images (status);
CREATE INDEX ix_image_images_tenant_id_created_at_name_id_pend_d8cabbf734 ON image_images (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE image_subimages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    image_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    format VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'queued',
    size BIGINT NOT NULL DEFAULT 0,
    checksum VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    fast_hash VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    sha256 VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    store_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_image_subimages PRIMARY KEY (id),
    CONSTRAINT uq_image_subimages_image_id_format UNIQUE (image_id, format)
);
CREATE INDEX ix_image_subimages_created_at_id ON image_subimages (created_at, id);
CREATE INDEX ix_image_subimages_status ON image_subimages (status);
CREATE TABLE infrastructure_cloudregions (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    enabled BOOL NOT NULL DEFAULT true,
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'inservice',
    environment VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    provider VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'OneCloud',
    latitude DOUBLE,
    longitude DOUBLE,
    city VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    country_code VARCHAR(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_infrastructure_cloudregions PRIMARY KEY (id),
    CONSTRAINT uq_infrastructure_cloudregions_name UNIQUE (name)
);
CREATE INDEX ix_infrastructure_cloudregions_created_at_name_id ON infrastructure_cloudregions (created_at, name, id);
CREATE INDEX ix_infrastructure_cloudregions_external_id ON infrastructure_cloudregions (external_id);
CREATE INDEX ix_infrastructure_cloudregions_provider ON infrastructure_cloudregions (provider);
CREATE INDEX ix_infrastructure_cloudregions_status ON infrastructure_cloudregions (status);
CREATE TABLE infrastructure_hosts (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    billing_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'postpaid',
    billing_cycle VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOL NOT NULL DEFAULT false,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    enabled BOOL NOT NULL DEFAULT true,
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'init',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    zone_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    hostname VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    rack VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    slots VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    access_mac VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    access_ip VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    manager_uri VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    migrate_uri VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    sys_info LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    sn VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cpu_count BIGINT NOT NULL DEFAULT 0,
    node_count BIGINT NOT NULL DEFAULT 0,
    cpu_desc VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cpu_mhz BIGINT NOT NULL DEFAULT 0,
    cpu_cache BIGINT NOT NULL DEFAULT 0,
    cpu_reserved BIGINT NOT NULL DEFAULT 0,
    cpu_cmtbound DOUBLE,
    cpu_microcode VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cpu_architecture VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    kvm_cap_max_vcpu BIGINT NOT NULL DEFAULT 0,
    mem_size BIGINT NOT NULL DEFAULT 0,
    mem_reserved BIGINT NOT NULL DEFAULT 0,
    mem_cmtbound DOUBLE,
    page_size_kb BIGINT NOT NULL DEFAULT 4,
    enable_numa_allocate BOOL NOT NULL DEFAULT false,
    topology LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    storage_size BIGINT NOT NULL DEFAULT 0,
    storage_type VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    storage_driver VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    storage_info LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    root_partition_used_capacity_mb BIGINT NOT NULL DEFAULT 0,
    memory_used_mb BIGINT NOT NULL DEFAULT 0,
    cpu_usage_percent DOUBLE NOT NULL DEFAULT (0.0),
    ipmi_ip VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    ipmi_info LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    host_status VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'offline',
    host_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'hypervisor',
    version VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    ovn_version VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_baremetal BOOL NOT NULL DEFAULT false,
    is_maintenance BOOL NOT NULL DEFAULT false,
    last_ping_at BIGINT,
    enable_health_check BOOL NOT NULL DEFAULT false,
    resource_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'shared',
    real_external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_import BOOL NOT NULL DEFAULT false,
    enable_pxe_boot BOOL NOT NULL DEFAULT true,
    uuid VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    boot_mode VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    ovn_mapped_ip_addr VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    ovn_mapped_ip6_addr VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    uefi_info LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    public_ip VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
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
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    deployment VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    proof VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    folder VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    url VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    hosts LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    lease_until BIGINT,
    CONSTRAINT pk_infrastructure_processes PRIMARY KEY (id)
);
CREATE INDEX ix_infrastructure_processes_created_at_id ON infrastructure_processes (created_at, id);
CREATE INDEX ix_infrastructure_processes_lease_until ON infrastructure_processes (lease_until);
CREATE TABLE infrastructure_sharedresources (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    resource_type VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    resource_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    target_type VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    target_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_infrastructure_sharedresources PRIMARY KEY (id),
    CONSTRAINT uq_infrastructure_sharedresources_resource_id_res_8575de31e7 UNIQUE (resource_id, resource_type, target_type, target_id)
);
CREATE INDEX ix_infrastructure_sharedresources_created_at_id ON infrastructure_sharedresources (created_at, id);
CREATE INDEX ix_infrastructure_sharedresources_target_id ON infrastructure_sharedresources (target_id);
CREATE TABLE infrastructure_zones (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'enable',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    placement VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    location VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    contacts VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    name_cn VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    manager_uri VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_infrastructure_zones PRIMARY KEY (id),
    CONSTRAINT uq_infrastructure_zones_name_cloudregion_id UNIQUE (name, cloudregion_id)
);
CREATE INDEX ix_infrastructure_zones_cloudregion_id ON infrastructure_zones (cloudregion_id);
CREATE INDEX ix_infrastructure_zones_created_at_name_id ON infrastructure_zones (created_at, name, id);
CREATE INDEX ix_infrastructure_zones_external_id ON infrastructure_zones (external_id);
CREATE INDEX ix_infrastructure_zones_status ON infrastructure_zones (status);
CREATE TABLE network_eips (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    billing_type VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'postpaid',
    billing_cycle VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expired_at BIGINT,
    release_at BIGINT,
    auto_renew BOOL NOT NULL DEFAULT false,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'ready',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    network_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    mode VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'elastic_ip',
    ip_addr VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    associate_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    associate_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    bandwidth BIGINT NOT NULL DEFAULT 0,
    bgp_type VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    charge_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'traffic',
    auto_dellocate BOOL NOT NULL DEFAULT false,
    rx_bw_limit BIGINT NOT NULL DEFAULT 0,
    tx_bw_limit BIGINT NOT NULL DEFAULT 0,
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
CREATE INDEX ix_network_eips_id_pending_deleted_is_system ON network_eips (id, pending_deleted, is_system);
CREATE INDEX ix_network_eips_ip_addr ON network_eips (ip_addr);
CREATE INDEX ix_network_eips_status ON network_eips (status);
CREATE INDEX ix_network_eips_tenant_id_created_at_name_id_pend_47f49ec149 ON network_eips (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE network_network_ip_macs (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    network_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ip_addr VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    mac_addr VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    CONSTRAINT pk_network_network_ip_macs PRIMARY KEY (id),
    CONSTRAINT uq_network_network_ip_macs_network_id_ip_addr UNIQUE (network_id, ip_addr),
    CONSTRAINT uq_network_network_ip_macs_network_id_mac_addr UNIQUE (network_id, mac_addr)
);
CREATE INDEX ix_network_network_ip_macs_created_at_id ON network_network_ip_macs (created_at, id);
CREATE INDEX ix_network_network_ip_macs_ip_addr ON network_network_ip_macs (ip_addr);
CREATE INDEX ix_network_network_ip_macs_mac_addr ON network_network_ip_macs (mac_addr);
CREATE TABLE network_networks (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'available',
    wire_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ifname_hint VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_ip_start VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_ip_end VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_ip_mask BIGINT NOT NULL DEFAULT 0,
    guest_gateway VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_dns VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_dhcp VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_ntp VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_domain VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_ip6_start VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_ip6_end VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    guest_ip6_mask BIGINT NOT NULL DEFAULT 0,
    guest_gateway6 VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    vlan_id BIGINT NOT NULL DEFAULT 1,
    server_type VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'guest',
    alloc_policy VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    alloc_timout_seconds BIGINT NOT NULL DEFAULT 0,
    is_auto_alloc BOOL NOT NULL DEFAULT true,
    bgp_type VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    group_count BIGINT NOT NULL DEFAULT 0,
    bound_count BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_network_networks PRIMARY KEY (id),
    CONSTRAINT uq_network_networks_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_network_networks_created_at_name_id_pending_de_704f9094bb ON network_networks (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_networks_domain_id_created_at_name_id__3d092f6d95 ON network_networks (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_networks_external_id ON network_networks (external_id);
CREATE INDEX ix_network_networks_id_pending_deleted_is_system ON network_networks (id, pending_deleted, is_system);
CREATE INDEX ix_network_networks_status ON network_networks (status);
CREATE INDEX ix_network_networks_tenant_id_created_at_name_id__d4537e50c7 ON network_networks (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_networks_wire_id ON network_networks (wire_id);
CREATE TABLE network_reservedips (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    network_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ip_addr VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ip6_addr VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    notes VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    expired_at BIGINT,
    status VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'unknown',
    CONSTRAINT pk_network_reservedips PRIMARY KEY (id),
    CONSTRAINT uq_network_reservedips_network_id_ip_addr UNIQUE (network_id, ip_addr)
);
CREATE INDEX ix_network_reservedips_created_at_id ON network_reservedips (created_at, id);
CREATE INDEX ix_network_reservedips_ip_addr ON network_reservedips (ip_addr);
CREATE TABLE network_secgrouprules (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'available',
    secgroup_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    priority BIGINT NOT NULL DEFAULT 1,
    protocol VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    ports VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    direction VARCHAR(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    cidr VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    action VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    target_type VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'cidr',
    CONSTRAINT pk_network_secgrouprules PRIMARY KEY (id)
);
CREATE INDEX ix_network_secgrouprules_created_at_id ON network_secgrouprules (created_at, id);
CREATE INDEX ix_network_secgrouprules_external_id ON network_secgrouprules (external_id);
CREATE INDEX ix_network_secgrouprules_priority ON network_secgrouprules (priority);
CREATE INDEX ix_network_secgrouprules_secgroup_id ON network_secgrouprules (secgroup_id);
CREATE INDEX ix_network_secgrouprules_status ON network_secgrouprules (status);
CREATE TABLE network_secgroups (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'ready',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    vpc_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    is_dirty BOOL NOT NULL DEFAULT false,
    CONSTRAINT pk_network_secgroups PRIMARY KEY (id),
    CONSTRAINT uq_network_secgroups_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_network_secgroups_cloudregion_id ON network_secgroups (cloudregion_id);
CREATE INDEX ix_network_secgroups_created_at_name_id_pending_d_1801d5ba72 ON network_secgroups (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_secgroups_domain_id_created_at_name_id_7dfb829240 ON network_secgroups (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_secgroups_external_id ON network_secgroups (external_id);
CREATE INDEX ix_network_secgroups_id_pending_deleted_is_system ON network_secgroups (id, pending_deleted, is_system);
CREATE INDEX ix_network_secgroups_status ON network_secgroups (status);
CREATE INDEX ix_network_secgroups_tenant_id_created_at_name_id_adc9ab60d3 ON network_secgroups (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_network_secgroups_vpc_id ON network_secgroups (vpc_id);
CREATE TABLE network_vpcs (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    enabled BOOL NOT NULL DEFAULT true,
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'available',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    is_default BOOL NOT NULL DEFAULT false,
    cidr_block VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cidr_block6 VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    external_access_mode VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    direct BOOL NOT NULL DEFAULT false,
    CONSTRAINT pk_network_vpcs PRIMARY KEY (id),
    CONSTRAINT uq_network_vpcs_name_domain_id_cloudregion_id UNIQUE (name, domain_id, cloudregion_id)
);
CREATE INDEX ix_network_vpcs_cloudregion_id ON network_vpcs (cloudregion_id);
CREATE INDEX ix_network_vpcs_created_at_name_id ON network_vpcs (created_at, name, id);
CREATE INDEX ix_network_vpcs_domain_id_created_at_name_id ON network_vpcs (domain_id, created_at, name, id);
CREATE INDEX ix_network_vpcs_external_id ON network_vpcs (external_id);
CREATE INDEX ix_network_vpcs_status ON network_vpcs (status);
CREATE TABLE network_wires (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'available',
    vpc_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    zone_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    bandwidth BIGINT NOT NULL DEFAULT 1000,
    mtu BIGINT NOT NULL DEFAULT 1500,
    schedule_rank BIGINT NOT NULL DEFAULT 0,
    ranges_version BIGINT NOT NULL DEFAULT 0,
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
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    family VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    counter VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    field VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    `keys` VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    percent BIGINT NOT NULL,
    used BIGINT NOT NULL,
    bound BIGINT NOT NULL,
    CONSTRAINT pk_quota_quota_alerts PRIMARY KEY (id),
    CONSTRAINT uq_quota_quota_alerts_domain_id_tenant_id_field_keys UNIQUE (domain_id, tenant_id, field, `keys`)
);
CREATE INDEX ix_quota_quota_alerts_created_at_id ON quota_quota_alerts (created_at, id);
CREATE INDEX ix_quota_quota_alerts_domain_id_created_at_id ON quota_quota_alerts (domain_id, created_at, id);
CREATE INDEX ix_quota_quota_alerts_tenant_id_created_at_id ON quota_quota_alerts (tenant_id, created_at, id);
CREATE TABLE quota_quota_reservations (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    amounts LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    expires_at BIGINT NOT NULL,
    CONSTRAINT pk_quota_quota_reservations PRIMARY KEY (id)
);
CREATE INDEX ix_quota_quota_reservations_created_at_name_id_pe_9771667c7a ON quota_quota_reservations (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_quota_quota_reservations_domain_id_created_at__ad0f54289c ON quota_quota_reservations (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_quota_quota_reservations_expires_at ON quota_quota_reservations (expires_at);
CREATE INDEX ix_quota_quota_reservations_id_pending_deleted_is_system ON quota_quota_reservations (id, pending_deleted, is_system);
CREATE INDEX ix_quota_quota_reservations_name ON quota_quota_reservations (name);
CREATE INDEX ix_quota_quota_reservations_tenant_id_created_at__485510e36b ON quota_quota_reservations (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE quota_quotalimits (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    `keys` VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    alert_at VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    count BIGINT NOT NULL DEFAULT (-2),
    cpu BIGINT NOT NULL DEFAULT (-2),
    memory BIGINT NOT NULL DEFAULT (-2),
    storage BIGINT NOT NULL DEFAULT (-2),
    isolated_device BIGINT NOT NULL DEFAULT (-2),
    snapshot BIGINT NOT NULL DEFAULT (-2),
    instance_snapshot BIGINT NOT NULL DEFAULT (-2),
    instancegroup BIGINT NOT NULL DEFAULT (-2),
    eip BIGINT NOT NULL DEFAULT (-2),
    port BIGINT NOT NULL DEFAULT (-2),
    eport BIGINT NOT NULL DEFAULT (-2),
    bucket BIGINT NOT NULL DEFAULT (-2),
    object_gb BIGINT NOT NULL DEFAULT (-2),
    object_cnt BIGINT NOT NULL DEFAULT (-2),
    rds BIGINT NOT NULL DEFAULT (-2),
    cache BIGINT NOT NULL DEFAULT (-2),
    mongodb BIGINT NOT NULL DEFAULT (-2),
    loadbalancer BIGINT NOT NULL DEFAULT (-2),
    secgroup BIGINT NOT NULL DEFAULT (-2),
    cloudaccount BIGINT NOT NULL DEFAULT (-2),
    globalvpc BIGINT NOT NULL DEFAULT (-2),
    dns_zone BIGINT NOT NULL DEFAULT (-2),
    image BIGINT NOT NULL DEFAULT (-2),
    host BIGINT NOT NULL DEFAULT (-2),
    vpc BIGINT NOT NULL DEFAULT (-2),
    identity_user BIGINT NOT NULL DEFAULT (-2),
    identity_group BIGINT NOT NULL DEFAULT (-2),
    identity_project BIGINT NOT NULL DEFAULT (-2),
    identity_role BIGINT NOT NULL DEFAULT (-2),
    identity_policy BIGINT NOT NULL DEFAULT (-2),
    CONSTRAINT pk_quota_quotalimits PRIMARY KEY (id),
    CONSTRAINT uq_quota_quotalimits_domain_id_tenant_id_keys UNIQUE (domain_id, tenant_id, `keys`)
);
CREATE INDEX ix_quota_quotalimits_created_at_id ON quota_quotalimits (created_at, id);
CREATE INDEX ix_quota_quotalimits_domain_id_created_at_id ON quota_quotalimits (domain_id, created_at, id);
CREATE INDEX ix_quota_quotalimits_tenant_id_created_at_id ON quota_quotalimits (tenant_id, created_at, id);
CREATE TABLE quota_quotausages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    count BIGINT NOT NULL DEFAULT 0,
    cpu BIGINT NOT NULL DEFAULT 0,
    memory BIGINT NOT NULL DEFAULT 0,
    storage BIGINT NOT NULL DEFAULT 0,
    snapshot BIGINT NOT NULL DEFAULT 0,
    instance_snapshot BIGINT NOT NULL DEFAULT 0,
    instancegroup BIGINT NOT NULL DEFAULT 0,
    eip BIGINT NOT NULL DEFAULT 0,
    secgroup BIGINT NOT NULL DEFAULT 0,
    image BIGINT NOT NULL DEFAULT 0,
    host BIGINT NOT NULL DEFAULT 0,
    vpc BIGINT NOT NULL DEFAULT 0,
    identity_user BIGINT NOT NULL DEFAULT 0,
    identity_group BIGINT NOT NULL DEFAULT 0,
    identity_project BIGINT NOT NULL DEFAULT 0,
    identity_role BIGINT NOT NULL DEFAULT 0,
    identity_policy BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_quota_quotausages PRIMARY KEY (id)
);
CREATE INDEX ix_quota_quotausages_created_at_id ON quota_quotausages (created_at, id);
CREATE TABLE storage_cachedimages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    size BIGINT NOT NULL DEFAULT 0,
    info LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    last_sync BIGINT,
    last_ref BIGINT,
    ref_count BIGINT NOT NULL DEFAULT 0,
    uefi BOOL NOT NULL DEFAULT false,
    image_type VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'customized',
    CONSTRAINT pk_storage_cachedimages PRIMARY KEY (id)
);
CREATE INDEX ix_storage_cachedimages_created_at_name_id_pendin_6511d0485a ON storage_cachedimages (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_cachedimages_domain_id_created_at_name_a22d6aefe5 ON storage_cachedimages (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_cachedimages_external_id ON storage_cachedimages (external_id);
CREATE INDEX ix_storage_cachedimages_id_pending_deleted_is_system ON storage_cachedimages (id, pending_deleted, is_system);
CREATE INDEX ix_storage_cachedimages_name ON storage_cachedimages (name);
CREATE INDEX ix_storage_cachedimages_tenant_id_created_at_name_2def3c8142 ON storage_cachedimages (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE TABLE storage_hoststorages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    storage_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    mount_point VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_root_partition BOOL NOT NULL DEFAULT false,
    config LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    real_capacity BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_storage_hoststorages PRIMARY KEY (id),
    CONSTRAINT uq_storage_hoststorages_host_id_storage_id UNIQUE (host_id, storage_id)
);
CREATE INDEX ix_storage_hoststorages_created_at_id ON storage_hoststorages (created_at, id);
CREATE INDEX ix_storage_hoststorages_storage_id ON storage_hoststorages (storage_id);
CREATE TABLE storage_hostwires (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    host_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    wire_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    bridge VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    interface VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_master BOOL NOT NULL DEFAULT false,
    mac_addr VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_storage_hostwires PRIMARY KEY (id),
    CONSTRAINT uq_storage_hostwires_host_id_wire_id UNIQUE (host_id, wire_id),
    CONSTRAINT uq_storage_hostwires_host_id_bridge UNIQUE (host_id, bridge)
);
CREATE INDEX ix_storage_hostwires_created_at_id ON storage_hostwires (created_at, id);
CREATE INDEX ix_storage_hostwires_wire_id ON storage_hostwires (wire_id);
CREATE TABLE storage_snapshotpolicies (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    project_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    is_system BOOL NOT NULL DEFAULT false,
    freezed BOOL NOT NULL DEFAULT false,
    pending_deleted BOOL NOT NULL DEFAULT false,
    pending_deleted_at BIGINT,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'ready',
    cloudregion_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'default',
    retention_days BIGINT NOT NULL DEFAULT (-1),
    retention_count BIGINT NOT NULL DEFAULT 0,
    type VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'disk',
    repeat_weekdays LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    time_points LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    CONSTRAINT pk_storage_snapshotpolicies PRIMARY KEY (id),
    CONSTRAINT uq_storage_snapshotpolicies_name_tenant_id UNIQUE (name, tenant_id)
);
CREATE INDEX ix_storage_snapshotpolicies_cloudregion_id ON storage_snapshotpolicies (cloudregion_id);
CREATE INDEX ix_storage_snapshotpolicies_created_at_name_id_pe_db8e1af160 ON storage_snapshotpolicies (created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_snapshotpolicies_domain_id_created_at__795d24eb66 ON storage_snapshotpolicies (domain_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_snapshotpolicies_external_id ON storage_snapshotpolicies (external_id);
CREATE INDEX ix_storage_snapshotpolicies_id_pending_deleted_is_system ON storage_snapshotpolicies (id, pending_deleted, is_system);
CREATE INDEX ix_storage_snapshotpolicies_status ON storage_snapshotpolicies (status);
CREATE INDEX ix_storage_snapshotpolicies_tenant_id_created_at__73004b9010 ON storage_snapshotpolicies (tenant_id, created_at, name, id, pending_deleted, is_system);
CREATE INDEX ix_storage_snapshotpolicies_type ON storage_snapshotpolicies (type);
CREATE TABLE storage_snapshotpolicydisks (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    snapshotpolicy_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    disk_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    last_at BIGINT,
    CONSTRAINT pk_storage_snapshotpolicydisks PRIMARY KEY (id),
    CONSTRAINT uq_storage_snapshotpolicydisks_snapshotpolicy_id_disk_id UNIQUE (snapshotpolicy_id, disk_id)
);
CREATE INDEX ix_storage_snapshotpolicydisks_created_at_id ON storage_snapshotpolicydisks (created_at, id);
CREATE INDEX ix_storage_snapshotpolicydisks_disk_id ON storage_snapshotpolicydisks (disk_id);
CREATE TABLE storage_snapshotpolicyservers (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    snapshotpolicy_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    server_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    last_at BIGINT,
    CONSTRAINT pk_storage_snapshotpolicyservers PRIMARY KEY (id),
    CONSTRAINT uq_storage_snapshotpolicyservers_snapshotpolicy_id_server_id UNIQUE (snapshotpolicy_id, server_id)
);
CREATE INDEX ix_storage_snapshotpolicyservers_created_at_id ON storage_snapshotpolicyservers (created_at, id);
CREATE INDEX ix_storage_snapshotpolicyservers_server_id ON storage_snapshotpolicyservers (server_id);
CREATE TABLE storage_storagecachedimages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'init',
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    storagecache_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    cachedimage_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    path VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    last_download BIGINT,
    download_refcnt BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_storage_storagecachedimages PRIMARY KEY (id),
    CONSTRAINT uq_storage_storagecachedimages_storagecache_id_ca_3ba17e36fe UNIQUE (storagecache_id, cachedimage_id)
);
CREATE INDEX ix_storage_storagecachedimages_cachedimage_id ON storage_storagecachedimages (cachedimage_id);
CREATE INDEX ix_storage_storagecachedimages_created_at_id ON storage_storagecachedimages (created_at, id);
CREATE INDEX ix_storage_storagecachedimages_external_id ON storage_storagecachedimages (external_id);
CREATE INDEX ix_storage_storagecachedimages_status ON storage_storagecachedimages (status);
CREATE TABLE storage_storagecaches (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    path VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    master_host VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    CONSTRAINT pk_storage_storagecaches PRIMARY KEY (id),
    CONSTRAINT uq_storage_storagecaches_name UNIQUE (name)
);
CREATE INDEX ix_storage_storagecaches_created_at_name_id ON storage_storagecaches (created_at, name, id);
CREATE INDEX ix_storage_storagecaches_external_id ON storage_storagecaches (external_id);
CREATE TABLE storage_storageclaims (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    size_mib BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_storage_storageclaims PRIMARY KEY (id)
);
CREATE INDEX ix_storage_storageclaims_created_at_id ON storage_storageclaims (created_at, id);
CREATE TABLE storage_storages (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    description VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    metadata LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    domain_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    external_id VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    source VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    enabled BOOL NOT NULL DEFAULT true,
    status_reason VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    is_public BOOL NOT NULL DEFAULT false,
    public_scope VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'none',
    public_src VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'local',
    status VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'online',
    zone_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    capacity BIGINT NOT NULL,
    actual_capacity_used BIGINT NOT NULL DEFAULT 0,
    reserved BIGINT NOT NULL DEFAULT 0,
    storage_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    medium_type VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'ssd',
    cmtbound DOUBLE,
    storage_conf LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    storagecache_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    master_host VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    is_sys_disk_store BOOL NOT NULL DEFAULT true,
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
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    update_version BIGINT NOT NULL DEFAULT 0,
    flow VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    flow_version BIGINT NOT NULL DEFAULT 1,
    format BIGINT NOT NULL DEFAULT 1,
    obj_type VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
    obj_name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    domain_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    tenant_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    state VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT 'running',
    `cursor` BIGINT NOT NULL DEFAULT 0,
    attempt BIGINT NOT NULL DEFAULT 1,
    intents LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    fence BIGINT NOT NULL DEFAULT 0,
    params LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    results LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    log LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '[]',
    error VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    cancelled BOOL NOT NULL DEFAULT false,
    is_awaited BOOL NOT NULL DEFAULT false,
    request_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    actor LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '{}',
    exclusive VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    deadline_at BIGINT,
    wake_at BIGINT NOT NULL,
    lease_owner VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    lease_until BIGINT,
    place VARCHAR(160) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '',
    progress DOUBLE NOT NULL DEFAULT (0.0),
    ended_at BIGINT,
    CONSTRAINT pk_tasks_tasks PRIMARY KEY (id),
    CONSTRAINT uq_tasks_tasks_exclusive UNIQUE (exclusive)
);
CREATE INDEX ix_tasks_tasks_created_at_id ON tasks_tasks (created_at, id);
CREATE INDEX ix_tasks_tasks_domain_id_created_at_id ON tasks_tasks (domain_id, created_at, id);
CREATE INDEX ix_tasks_tasks_flow ON tasks_tasks (flow);
CREATE INDEX ix_tasks_tasks_obj_id_created_at ON tasks_tasks (obj_id, created_at);
CREATE INDEX ix_tasks_tasks_state_wake_at ON tasks_tasks (state, wake_at);
CREATE INDEX ix_tasks_tasks_tenant_id_created_at_id ON tasks_tasks (tenant_id, created_at, id);
CREATE INDEX ix_tasks_tasks_wake_at ON tasks_tasks (wake_at);
