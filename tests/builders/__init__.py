"""What tests build upon: archives, sites, servers, crawls, and patience."""
