module berth/tests/clients/terraform-calls

go 1.24
