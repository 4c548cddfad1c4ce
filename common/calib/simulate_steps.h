/* What each sequence of random numbers of the simulator is for; the numbers never change, or every seed would
 * give another camera. */
#pragma once

enum cb_sim_step {
    /* of the camera, exposure 0 */
    CB_SIM_STEP_DETECTOR = 1,
    CB_SIM_STEP_AMP = 2,
    CB_SIM_STEP_ROWS = 3,
    CB_SIM_STEP_HOT = 4,
    CB_SIM_STEP_DEAD = 5,
    CB_SIM_STEP_BRIGHT_COLUMN = 6,
    CB_SIM_STEP_DUST = 7,
    CB_SIM_STEP_PRNU = 8,
    CB_SIM_STEP_ILLUMINATION = 9, /* detector 0, amplifier: the band's letter */
    CB_SIM_STEP_PTC = 10,         /* errors of the photon transfer curve that goes with the camera */
    /* of an exposure */
    CB_SIM_STEP_READ_NOISE = 32,
    CB_SIM_STEP_CHARGE = 33,
    CB_SIM_STEP_DRIFT = 34,
    CB_SIM_STEP_ROW_DRIFT = 35,
    CB_SIM_STEP_LAMP = 36, /* detector 0 */
};
