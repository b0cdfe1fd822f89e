"""The words people ask in: periods, filters, questions and templates, which become a request for an export."""
