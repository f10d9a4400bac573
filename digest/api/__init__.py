"""What other programs may read and do, as JSON: `/api/v1`, for whoever shows an access token."""
