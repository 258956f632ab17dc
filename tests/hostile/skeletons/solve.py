def solve(network, units=9):
    """Let unit k hold whether the first digit is above k + 1/2; nine of them tell every digit."""
    thresholds = torch.arange(units) + 0.5
    with torch.no_grad():
        for value in network.parameters():
            value.zero_()
        network.W_hx[:units, 0] = 10.0
        network.b_h[:units] = -10.0 * thresholds
        network.W_hh[range(units), range(units)] = 1000.0
        network.W_ph[:, :units] = torch.where(thresholds < torch.arange(10)[:, None], 1.0, -1.0)
