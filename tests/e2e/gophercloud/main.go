// A program of gophercloud's users: it logs in as its environment says and does in turn what its arguments name.
// It prints one line for each thing done and ends with 1 at the first that fails.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/credentials"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/domains"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/endpoints"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/groups"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/projects"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/regions"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/roles"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/services"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/tokens"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/users"
	"github.com/gophercloud/gophercloud/pagination"
)

const password = "Correct-horse-1"

var client *gophercloud.ServiceClient

func need(err error, what string) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
	fmt.Println(what)
}

func wrong(what string, found ...interface{}) {
	need(fmt.Errorf("found %v", found), what)
}

func count(pager pagination.Pager, extract func(pagination.Page) (int, error)) (int, error) {
	total := 0
	err := pager.EachPage(func(page pagination.Page) (bool, error) {
		found, err := extract(page)
		total += found
		return true, err
	})
	return total, err
}

func options() gophercloud.AuthOptions {
	return gophercloud.AuthOptions{
		IdentityEndpoint: os.Getenv("OS_AUTH_URL"),
		Username:         os.Getenv("OS_USERNAME"),
		Password:         os.Getenv("OS_PASSWORD"),
		DomainName:       "Default",
		AllowReauth:      true,
	}
}

func login() {
	opts := options()
	opts.Scope = &gophercloud.AuthScope{ProjectName: "system", DomainName: "Default"}
	provider, err := openstack.AuthenticatedClient(opts)
	need(err, "log in to a project")
	client, err = openstack.NewIdentityV3(provider, gophercloud.EndpointOpts{})
	need(err, "find identity in the catalogue")

	result := tokens.Get(client, provider.Token())
	token, err := result.ExtractToken()
	need(err, "read the token")
	if token.ExpiresAt.Before(time.Now()) {
		wrong("end of the token", token.ExpiresAt)
	}
	user, err := result.ExtractUser()
	need(err, "read whose it is")
	if user.Name != opts.Username || user.Domain.ID != "default" {
		wrong("user of the token", user)
	}
	project, err := result.ExtractProject()
	need(err, "read its project")
	if project.Name != "system" || project.Domain.Name != "Default" {
		wrong("project of the token", project)
	}
	granted, err := result.ExtractRoles()
	need(err, "read its roles")
	if len(granted) == 0 {
		wrong("roles of the token", granted)
	}
	catalog, err := result.ExtractServiceCatalog()
	need(err, "read its catalogue")
	for _, entry := range catalog.Entries {
		for _, endpoint := range entry.Endpoints {
			if endpoint.URL == "" || endpoint.RegionID == "" || endpoint.Interface == "" {
				wrong("endpoint of the catalogue", endpoint)
			}
		}
	}
	_, err = provider.EndpointLocator(gophercloud.EndpointOpts{Type: "compute_v2", Availability: gophercloud.AvailabilityPublic})
	need(err, "find compute in the catalogue")

	unscoped, err := openstack.AuthenticatedClient(options())
	need(err, "log in to nothing")
	again := gophercloud.AuthOptions{
		IdentityEndpoint: os.Getenv("OS_AUTH_URL"), TokenID: unscoped.Token(),
		Scope: &gophercloud.AuthScope{ProjectName: "system", DomainName: "Default"},
	}
	_, err = openstack.AuthenticatedClient(again)
	need(err, "go from there to a project")

	bad := options()
	bad.Password = "not the password"
	_, err = openstack.AuthenticatedClient(bad)
	if !errors.As(err, &gophercloud.ErrDefault401{}) {
		wrong("wrong password", err)
	}
	valid, err := tokens.Validate(client, unscoped.Token())
	need(err, "ask whether a token holds")
	if !valid {
		wrong("the token of nothing", valid)
	}
	need(tokens.Revoke(client, unscoped.Token()).Err, "revoke it")
	if valid, err = tokens.Validate(client, unscoped.Token()); err != nil || valid {
		wrong("a revoked token", valid, err)
	}
}

func life() {
	domain, err := domains.Create(client, domains.CreateOpts{Name: "go-domain", Description: "made by Go"}).Extract()
	need(err, "make a domain")
	project, err := projects.Create(client, projects.CreateOpts{Name: "go-project", DomainID: domain.ID}).Extract()
	need(err, "make a project")
	if !project.Enabled || project.DomainID != domain.ID || project.IsDomain {
		wrong("project", project)
	}
	description := "changed"
	project, err = projects.Update(client, project.ID, projects.UpdateOpts{Description: &description}).Extract()
	need(err, "change it")
	if project.Description != description {
		wrong("changed project", project)
	}
	user, err := users.Create(client, users.CreateOpts{
		Name: "go-user", DomainID: domain.ID, Password: password,
	}).Extract()
	need(err, "make a user")
	if user.DomainID != domain.ID || !user.Enabled {
		wrong("user", *user)
	}
	user, err = users.Get(client, user.ID).Extract()
	need(err, "read it")
	group, err := groups.Create(client, groups.CreateOpts{Name: "go-group", DomainID: domain.ID}).Extract()
	need(err, "make a group")
	role, err := roles.Create(client, roles.CreateOpts{Name: "go-role", DomainID: domain.ID}).Extract()
	need(err, "make a role")
	role, err = roles.Get(client, role.ID).Extract()
	need(err, "read it")

	need(users.AddToGroup(client, group.ID, user.ID).ExtractErr(), "add the user to the group")
	member, err := users.IsMemberOfGroup(client, group.ID, user.ID).Extract()
	need(err, "ask whether it is in")
	if !member {
		wrong("member", member)
	}
	page, err := users.ListInGroup(client, group.ID, nil).AllPages()
	need(err, "list the group's users")
	inside, err := users.ExtractUsers(page)
	need(err, "read them")
	if len(inside) != 1 || inside[0].ID != user.ID {
		wrong("members", inside)
	}
	assign := roles.AssignOpts{UserID: user.ID, ProjectID: project.ID}
	need(roles.Assign(client, role.ID, assign).ExtractErr(), "give it the role in the project")
	found, err := count(roles.ListAssignments(client, roles.ListAssignmentsOpts{UserID: user.ID}), func(p pagination.Page) (int, error) {
		list, err := roles.ExtractRoleAssignments(p)
		return len(list), err
	})
	need(err, "list its roles")
	if found != 1 {
		wrong("assignments", found)
	}
	page, err = users.ListProjects(client, user.ID).AllPages()
	need(err, "list its projects")
	own, err := projects.ExtractProjects(page)
	need(err, "read them")
	if len(own) != 1 || own[0].ID != project.ID {
		wrong("its projects", own)
	}

	mine := gophercloud.AuthOptions{
		IdentityEndpoint: os.Getenv("OS_AUTH_URL"), UserID: user.ID, Password: password,
		Scope: &gophercloud.AuthScope{ProjectID: project.ID},
	}
	_, err = openstack.AuthenticatedClient(mine)
	need(err, "log in as it")
	changed := users.ChangePasswordOpts{OriginalPassword: password, Password: "Battery-staple-2"}
	need(users.ChangePassword(client, user.ID, changed).ExtractErr(), "change its password")

	key, err := credentials.Create(client, credentials.CreateOpts{Type: "cert", UserID: user.ID, ProjectID: project.ID, Blob: "x"}).Extract()
	need(err, "make a credential")
	key, err = credentials.Get(client, key.ID).Extract()
	need(err, "read it")
	if key.UserID != user.ID || key.Type != "cert" {
		wrong("credential", *key)
	}
	need(credentials.Delete(client, key.ID).ExtractErr(), "delete it")

	need(roles.Unassign(client, role.ID, roles.UnassignOpts(assign)).ExtractErr(), "take the role")
	need(users.RemoveFromGroup(client, group.ID, user.ID).ExtractErr(), "take it out of the group")
	need(users.Delete(client, user.ID).ExtractErr(), "delete the user")
	need(groups.Delete(client, group.ID).ExtractErr(), "delete the group")
	need(roles.Delete(client, role.ID).ExtractErr(), "delete the role")
	need(projects.Delete(client, project.ID).ExtractErr(), "delete the project")
	off := false
	_, err = domains.Update(client, domain.ID, domains.UpdateOpts{Enabled: &off}).Extract()
	need(err, "disable the domain")
	need(domains.Delete(client, domain.ID).ExtractErr(), "delete the domain")
	_, err = projects.Get(client, project.ID).Extract()
	if !errors.As(err, &gophercloud.ErrDefault404{}) {
		wrong("a deleted project", err)
	}
}

func places() {
	region, err := regions.Create(client, regions.CreateOpts{ID: "go-region", Description: "made by Go"}).Extract()
	need(err, "make a region")
	region, err = regions.Get(client, region.ID).Extract()
	need(err, "read it")
	service, err := services.Create(client, services.CreateOpts{Type: "go-service", Extra: map[string]interface{}{"name": "go"}}).Extract()
	need(err, "make a service")
	endpoint, err := endpoints.Create(client, endpoints.CreateOpts{
		Availability: gophercloud.AvailabilityPublic, Name: "go", Region: region.ID, URL: "http://localhost:1", ServiceID: service.ID,
	}).Extract()
	need(err, "make an endpoint")
	if endpoint.ServiceID != service.ID || endpoint.Region != region.ID || endpoint.Availability != gophercloud.AvailabilityPublic {
		wrong("endpoint", endpoint)
	}
	endpoint, err = endpoints.Update(client, endpoint.ID, endpoints.UpdateOpts{URL: "http://localhost:2"}).Extract()
	need(err, "change it")
	if endpoint.URL != "http://localhost:2" {
		wrong("changed endpoint", endpoint)
	}
	need(endpoints.Delete(client, endpoint.ID).ExtractErr(), "delete the endpoint")
	need(services.Delete(client, service.ID).ExtractErr(), "delete the service")
	need(regions.Delete(client, region.ID).ExtractErr(), "delete the region")
	for name, pager := range map[string]pagination.Pager{
		"users": users.List(client, nil), "projects": projects.List(client, nil), "domains": domains.List(client, nil),
		"groups": groups.List(client, nil), "roles": roles.List(client, nil), "services": services.List(client, nil),
		"endpoints": endpoints.List(client, nil), "regions": regions.List(client, nil), "credentials": credentials.List(client, nil),
	} {
		_, err := pager.AllPages()
		need(err, "list "+name)
	}
}

func main() {
	login()
	for _, name := range os.Args[1:] {
		switch name {
		case "life":
			life()
		case "places":
			places()
		default:
			wrong("what to do", name)
		}
	}
}
