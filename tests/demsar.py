"""The worked example of Demšar 2006, JMLR 7, section 3.2: table 6, the AUC of C4.5 four ways."""

MODELS = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUC = {
    "adult (sample)": (0.763, 0.768, 0.771, 0.798),
    "breast cancer": (0.599, 0.591, 0.590, 0.569),
    "breast cancer wisconsin": (0.954, 0.971, 0.968, 0.967),
    "cmc": (0.628, 0.661, 0.654, 0.657),
    "ionosphere": (0.882, 0.888, 0.886, 0.898),
    "iris": (0.936, 0.931, 0.916, 0.931),
    "liver disorders": (0.661, 0.668, 0.609, 0.685),
    "lung cancer": (0.583, 0.583, 0.563, 0.625),
    "lymphography": (0.775, 0.838, 0.866, 0.875),
    "mushroom": (1.000, 1.000, 1.000, 1.000),
    "primary tumor": (0.940, 0.962, 0.965, 0.962),
    "rheum": (0.619, 0.666, 0.614, 0.669),
    "voting": (0.972, 0.981, 0.9751, 0.975),  # Printed as 0.975 twice, with the ranks 2 and 3.
    "wine": (0.957, 0.978, 0.946, 0.970),
}
MEAN_RANKS = (3.143, 2.000, 2.893, 1.964)
CHI2, F, F_DF = 9.28, 3.69, (3, 39)
CRITICAL_DIFFERENCE = 1.25
SMALLER_RANK_SUM = 12  # Of Wilcoxon's test of C4.5 and C4.5+m, section 3.1.3.
