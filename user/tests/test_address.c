// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/address.h"

#define SERVICE "00001269-facb-11e6-bd58-64006a7986d3"

static struct address good(const char *text)
{
	char reason[REASON_SIZE] = "";
	struct address a;

	if (!address_parse(&a, text, reason))
		fail_msg("%s: %s", text, reason);
	return a;
}

/* All forms of the host's port 4713 are the same address. */
static void test_forms(void **state)
{
	static const char *const forms[] = {
		"4713",
		"0x1269",
		"vsock:2:4713",
		"vsock:host:4713",
		"VSOCK:2:0x1269",
		"vsock://2:4713",
		"vsock://host:4713/",
		"VSOCK-CONNECT:2:4713",
		SERVICE,
		"{" SERVICE "}",
		"00001269-FACB-11E6-BD58-64006A7986D3",
		"hvsock://parent/" SERVICE,
		"hvsock://a42e7cda-d03f-480c-9cc2-a4de20abb878/" SERVICE,
		"SOCKET-CONNECT:40:0:x0000x69120000x02000000x00000000",
		"SOCKET-CONNECT:40:0:x00x00x69x12x00x00x02x00x00x00x00x00x00x00",
		"28000000691200000200000000000000",
		"x28000000691200000200000000000000",
		"2:4713",
		"host:4713",
		"vsock::4713",
		"vsock://:4713",
		"vsock://:4713/",
		"vsock[2:4713]",
		"hvsock://parent/4713",
		"hvsock://parent/4713/",
		"hvsock://parent/0x1269",
		"hvsock://parent/" SERVICE "/",
		"hvsock[parent:" SERVICE "]",
		"hvsock[a42e7cda-d03f-480c-9cc2-a4de20abb878:" SERVICE "]",
		"40:0:x0000x69120000x02000000x00000000",
		"SOCKET-LISTEN:40:0:x0000x69120000x02000000x00000000",
	};
	char out[ADDRESS_TEXT_SIZE];
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		a = good(forms[i]);
		assert_int_equal(a.kind, ADDRESS_VSOCK);
		assert_int_equal(a.port, 4713);
		assert_true(a.has_cid);
		assert_int_equal(a.cid, 2);
		assert_true(address_vsock(&a, out));
		assert_string_equal(out, "vsock:2:4713");
		assert_true(address_uri(&a, out));
		assert_string_equal(out, "vsock://2:4713");
		assert_true(address_hvsock(&a, out));
		assert_string_equal(out, "hvsock://parent/" SERVICE);
		assert_true(address_service(&a, out));
		assert_string_equal(out, SERVICE);
		assert_true(address_socat(&a, out));
		assert_string_equal(out, forms[13]);
		assert_true(address_sockaddr(&a, out));
		assert_string_equal(out, forms[15]);
	}
}

/* Without a CID, a listener listens on any CID. */
static void test_bare(void **state)
{
	static const struct {
		const char *text;
		const char *listens;
	} all[] = {
		{ "4713", "vsock:any:4713" },
		{ SERVICE, "vsock:any:4713" },
		{ "vsock::4713", "vsock:any:4713" },
		{ "vsock://:4713", "vsock:any:4713" },
		{ "VSOCK-LISTEN:4713", "vsock:any:4713" },
		{ "vsock:2:4713", "vsock:2:4713" },
		{ "2:4713", "vsock:2:4713" },
		{ "hvsock://parent/4713", "vsock:2:4713" },
		{ "vsock:any:4713", "vsock:any:4713" },
		{ "unix:/x", "unix:/x" },
	};
	char text[ADDRESS_TEXT_SIZE];
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		a = good(all[i].text);
		address_to_listen(&a);
		assert_string_equal(address_text(&a, text), all[i].listens);
	}
}

static void test_unix(void **state)
{
	static const char *const paths[] = { "unix:/tmp/a,b", "unix:@name",
					     "unix:./@name" };
	char text[ADDRESS_TEXT_SIZE];
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		a = good(paths[i]);
		assert_int_equal(a.kind, ADDRESS_UNIX);
		assert_string_equal(address_text(&a, text), paths[i]);
		assert_int_equal(address_is_abstract(&a), i == 1);
	}
	a = good("UNIX-CONNECT:/tmp/x");
	assert_string_equal(a.path, "/tmp/x");
	a = good("unix-listen:/tmp/x");
	assert_string_equal(a.path, "/tmp/x");
	a = good("ABSTRACT-CONNECT:x");
	assert_string_equal(a.path, "@x");
}

/* Hyper-V's names of VM ids. */
static void test_vm_names(void **state)
{
	static const struct {
		const char *name;
		const char *guid;
		const char *vsock;
	} vms[] = {
		{ "wildcard", "00000000-0000-0000-0000-000000000000",
		  "vsock:any:7" },
		{ "broadcast", "ffffffff-ffff-ffff-ffff-ffffffffffff", "" },
		{ "children", "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd", "" },
		{ "loopback", "e0e16197-dd56-4a10-9195-5ee7a155a838",
		  "vsock:1:7" },
		{ "parent", "a42e7cda-d03f-480c-9cc2-a4de20abb878",
		  "vsock:2:7" },
		{ "silohost", "36bd0c5c-7276-4223-88ba-7d03b654c568", "" },
		{ "Parent", "a42e7cda-d03f-480c-9cc2-a4de20abb878",
		  "vsock:2:7" },
	};
	char text[ADDRESS_TEXT_SIZE], out[ADDRESS_TEXT_SIZE];
	struct address a, b;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vms); i++) {
		snprintf(text, sizeof(text),
			 "hvsock://%s/00000007-facb-11e6-bd58-64006a7986d3",
			 vms[i].name);
		a = good(text);
		assert_string_equal(a.vm, vms[i].guid);
		assert_int_equal(address_vsock(&a, out), !!*vms[i].vsock);
		assert_string_equal(out, vms[i].vsock);
		snprintf(text, sizeof(text),
			 "hvsock://%s/00000007-facb-11e6-bd58-64006a7986d3",
			 vms[i].guid);
		b = good(text);
		assert_memory_equal(&a.vm, &b.vm, sizeof(a.vm));
		assert_int_equal(a.has_cid, b.has_cid);
		assert_int_equal(a.cid, b.cid);
	}
	/* Another VM id: only Windows can use it. */
	a = good("hvsock://12345678-1234-1234-1234-1234567890AB/" SERVICE);
	assert_false(a.has_cid);
	assert_true(address_hvsock(&a, out));
	assert_string_equal(out, "hvsock://12345678-1234-1234-1234-1234567890ab/" SERVICE);
	assert_string_equal(address_text(&a, text), out);
	assert_false(address_socat(&a, out));
}

static void test_limits(void **state)
{
	char out[ADDRESS_TEXT_SIZE], path[128];
	struct address a;

	(void)state;
	a = good("7fffffff-facb-11e6-bd58-64006a7986d3");
	assert_int_equal(a.port, 0x7fffffff);
	assert_true(address_service(&a, out));
	a = good("00000000-facb-11e6-bd58-64006a7986d3");
	assert_int_equal(a.port, 0);
	a = good("2147483648");
	assert_false(address_service(&a, out));
	assert_string_equal(out, "");
	assert_false(address_hvsock(&a, out));
	assert_true(address_vsock(&a, out));
	assert_string_equal(out, "vsock:2:2147483648");
	a = good("vsock:any:4294967294");
	assert_int_equal(a.cid, UINT32_MAX);
	assert_true(address_socat(&a, out));
	assert_string_equal(out, "SOCKET-CONNECT:40:0:x0000xfeffffffxffffffffx00000000");
	a = good("vsock:7:1");
	assert_string_equal(a.vm, "");
	assert_false(address_hvsock(&a, out));
	memset(path, 'p', sizeof(path));
	memcpy(path, "unix:", 5);
	path[5 + 107] = '\0';
	a = good(path);
	assert_int_equal(a.kind, ADDRESS_UNIX);
	assert_string_equal(address_text(&a, out), path);
}

/* Texts that are refused, and a part of the reason. */
static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *reason;
	} bad[] = {
		{ "", "is not an address" },
		{ "bla", "is not an address" },
		{ "-1", "is not an address" },
		{ "4713 ", "is not a port" },
		{ "4294967295", "0 to 4294967294" },
		{ "4294967296", "0 to 4294967294" },
		{ "99999999999999999999", "is not a port" },
		{ "0x", "is not a port" },
		{ "vsock:2", "no colon" },
		{ "vsock:2:", "is not a port" },
		{ "vsock:4294967296:1", "is not a CID" },
		{ "vsock:guest:1", "is not a CID" },
		{ "vsock:2:4713:1", "is not a port" },
		{ "vsock://2:4713//", "is not a port" },
		{ "80000000-facb-11e6-bd58-64006a7986d3", "too high" },
		{ "00001269-facb-11e6-bd58-64006a7986d4",
		  "is not a vsock service" },
		{ "0000126g-facb-11e6-bd58-64006a7986d3", "is not a port" },
		{ "a42e7cda-d03f-480c-9cc2-a4de20abb878",
		  "is a VM id (parent)" },
		{ "hvsock://parent", "must be VMID/PORT or VMID/SERVICE-GUID" },
		{ "hvsock://parent/x", "is not a GUID" },
		{ "hvsock://parent/4713//", "is not a GUID" },
		{ "hvsock://parent/2147483648", "too high" },
		{ "hvsock[parent:4713", "']' is missing" },
		{ "vsock[2:4713", "']' is missing" },
		{ "vsock[2]", "no colon" },
		{ "VSOCK-CONNECT:2:4713,retry=5", "',retry=5'" },
		{ "4713,fork", "socat's options" },
		{ "UNIX-CONNECT:/x,fork", "socat's options" },
		{ "VSOCK-LISTEN:2:4713", "is not a port" },
		{ "SOCKET-CONNECT:2:0:x0000", "family 2 is not AF_VSOCK" },
		{ "SOCKET-LISTEN:40:1:x0000", "protocol" },
		{ "tcp:localhost:4713", "TCP" },
		{ "TCP4:localhost:4713", "TCP" },
		{ "localhost:4713", "is not an address" },
		{ "127.0.0.1:4713", "is not a port" },
		{ "unix:@", "must be followed by a path" },
		{ "hvsock://host/" SERVICE, "is not a VM id" },
		{ "hvsock:///" SERVICE, "is not a VM id" },
		{ "hvsock://parent/a42e7cda-d03f-480c-9cc2-a4de20abb878",
		  "is not a vsock service" },
		{ "29000000691200000200000000000000", "not AF_VSOCK" },
		{ "28000100691200000200000000000000", "must be zero" },
		{ "28000000691200000200000000000001", "must be zero" },
		{ "x280000006912000002000000000000", ", not 15" },
		{ "SOCKET-CONNECT:40:0:x0000x6912", ", not 4" },
		{ "SOCKET-CONNECT:40:0:x0000x691", "16 bytes" },
		{ "SOCKET-CONNECT:40:0:", ", not 0" },
		{ "SOCKET-CONNECT:40:0:x0000xffffffffx02000000x00000000",
		  "port ffffffff" },
		{ "unix:", "must be followed by a path" },
	};
	char reason[REASON_SIZE], path[256] = "unix:";
	struct address a = { .port = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		*reason = '\0';
		if (address_parse(&a, bad[i].text, reason))
			fail_msg("'%s' was taken", bad[i].text);
		if (!strstr(reason, bad[i].reason))
			fail_msg("'%s': %s", bad[i].text, reason);
		assert_null(strchr(reason, '\n'));
	}
	memset(path + 5, 'p', 108);
	assert_false(address_parse(&a, path, reason));
	assert_non_null(strstr(reason, "at most 107"));
	/* Not changed. */
	assert_int_equal(a.port, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),  cmocka_unit_test(test_bare),
		cmocka_unit_test(test_unix),   cmocka_unit_test(test_vm_names),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
