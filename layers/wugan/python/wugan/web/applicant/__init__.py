"""The applicant's pages, a room for each part of the way; `applicant_app` puts them on routes."""
